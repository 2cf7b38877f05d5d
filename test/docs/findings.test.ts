import { readFileSync } from "node:fs"
import { expect } from "chai"
import { FINDINGS } from "../../src/audit/index.ts"

describe("docs/auditing.md", () => {
  it("has one row for each finding, as the code has it", () => {
    const page = readFileSync(new URL("../../../docs/auditing.md", import.meta.url), "utf8")
    const rows = page.split("\n").filter(line => /^\| `[a-z-]+` \| (violation|suspicion|note) \|/.test(line))
    const known = Object.entries(FINDINGS).map(
      ([code, { severity, means }]) => `| \`${code}\` | ${severity} | ${means} |`,
    )
    expect(rows).to.deep.equal(known)
  })
})
