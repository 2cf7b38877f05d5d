import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { ERRORS } from "../../src/protocol/index.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

describe("docs/embedding.md", () => {
  const [, section = ""] = readFileSync(`${root}docs/embedding.md`, "utf8").split("\n## Errors\n")
  const rows = section
    .split("\n")
    .filter(line => /^\| `[a-z-]+` \|/.test(line))
    .map(line => line.split("|").map(cell => cell.trim().replaceAll("`", "")))

  it("has one row for each error code, with the advice that the code carries", () => {
    const told = rows.map(([, code, title, , retry, userCan]) => ({ code, title, retry, userCan }))
    const known = Object.entries(ERRORS).map(([code, { title, retry, userCan }]) => ({ code, title, retry, userCan }))
    expect(told).to.deep.equal(known)
  })

  it("says of each code whose fault it is and what to tell the user", () => {
    for (const [, code, , whose, , , say] of rows) expect(`${whose}|${say}`, code).to.match(/^.{5,}\|.{5,}$/)
  })

  it("has the table that the script makes", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/error-table.mjs"], { cwd: root, encoding: "utf8" })
    expect(status, stderr).to.equal(0)
  })
})
