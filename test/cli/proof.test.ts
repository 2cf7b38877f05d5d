import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { tlog } from "../protocol/tlog-vectors.ts"

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url))

describe("lindung audit proof", () => {
  let folder = ""
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lindung-proof-"))
  })
  after(() => rmSync(folder, { recursive: true }))

  function proof(hex: string, ...options: string[]) {
    const file = join(folder, "proof")
    writeFileSync(file, Buffer.from(hex, "hex"))
    const run = spawnSync(process.execPath, [MAIN, "audit", "proof", file, ...options], { encoding: "utf8" })
    return { ...run, line: run.stdout.split("\n")[0] ?? "" }
  }

  it("accepts a proof without asking anybody, and tells whose key it is against", () => {
    const { status, stdout } = proof(tlog.misbehaviour[0]!.file, "--json", "--key", tlog.witnessed.log_key)
    expect(status).to.equal(0)
    expect(JSON.parse(stdout)).to.include({ proven: true, kind: "histories", key: tlog.witnessed.log_key })
  })

  it("refuses honest statements, another log's key and a file that is not there, each with its exit code", () => {
    expect(proof(tlog.no_misbehaviour[0]!)).to.include({ status: 1 })
    const other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    expect(proof(tlog.misbehaviour[0]!.file, "--key", other)).to.include({ status: 1 })
    const missing = spawnSync(process.execPath, [MAIN, "audit", "proof", join(folder, "nothing")], { encoding: "utf8" })
    expect(missing.status).to.equal(3)
  })
})
