import { spawnSync } from "node:child_process"
import { createPrivateKey, createPublicKey } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { exportCommand } from "../../src/cli/export.ts"
import { ecdsa, gaen, hex } from "../../src/crypto/index.ts"
import { archive, haveArchives, key, PUBLIC_KEY, SECRET, someZip } from "../protocol/archives.ts"

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url))

describe("lindung export", () => {
  let folder = ""
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content)
    return name
  }
  /** The command in this process: starting a process for each would be all that the test spends its time on. */
  const lindung = (...args: string[]): { status: number; stdout: string; stderr: string } => {
    const said = { stdout: "", stderr: "" }
    const before = { log: console.log, error: console.error, cwd: process.cwd(), exitCode: process.exitCode }
    console.log = (line: string) => {
      said.stdout += `${line}\n`
    }
    console.error = (line: string) => {
      said.stderr += `${line}\n`
    }
    const command = exportCommand()
    for (const one of [command, ...command.commands])
      one.exitOverride().configureOutput({ writeErr: text => console.error(text) })
    process.chdir(folder)
    process.exitCode = 0
    try {
      command.parse(args, { from: "user" })
      return { status: Number(process.exitCode), ...said }
    } catch (error) {
      return { status: 2, stdout: said.stdout, stderr: said.stderr + (error as Error).message }
    } finally {
      process.chdir(before.cwd)
      process.exitCode = before.exitCode
      console.log = before.log
      console.error = before.error
    }
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lindung-"))
    file("good.zip", someZip())
    file("cut.zip", someZip().subarray(0, 300))
    file("public.pem", ecdsa.publicKeyToPem(PUBLIC_KEY))
    file("other.pem", ecdsa.publicKeyToPem(ecdsa.ecdsaP256.publicKey(new Uint8Array(32).fill(9))))
    const [x, y] = [PUBLIC_KEY.subarray(1, 33), PUBLIC_KEY.subarray(33)].map(b => Buffer.from(b).toString("base64url"))
    const jwk = { kty: "EC", crv: "P-256", x: x!, y: y!, d: Buffer.from(SECRET).toString("base64url") }
    const secret = createPrivateKey({ key: jwk, format: "jwk" })
    file("signing.pem", secret.export({ type: "sec1", format: "pem" }).toString())
    expect(createPublicKey(secret).export({ type: "spki", format: "pem" })).to.equal(ecdsa.publicKeyToPem(PUBLIC_KEY))
  })
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true })
  })

  it("verify says yes with exit code 0, no with 1, and cannot with 2", () => {
    expect(lindung("verify", "good.zip", "--key", "public.pem")).to.include({
      status: 0,
      stdout: 'good.zip: verified by key "222" v1, 10 keys\n',
    })
    expect(lindung("verify", "good.zip", "--key", "other.pem", "--key", "public.pem").status).to.equal(0)
    const wrong = lindung("verify", "good.zip", "--key", "other.pem")
    expect([wrong.status, wrong.stdout]).to.deep.equal([1, ""])
    expect(wrong.stderr).to.include("good.zip: export.sig.signatures[0].signature: does not verify (signature-invalid)")
    expect(lindung("verify", "good.zip", "--key", "public.pem", "--key-id", "310").stderr).to.include("(unknown-key)")
    const cut = lindung("verify", "cut.zip", "--key", "public.pem")
    expect([cut.status, cut.stderr.includes("cut.zip: zip:")]).to.deep.equal([1, true])
    expect(lindung("verify", "none.zip", "--key", "public.pem").status).to.equal(2)
    expect(lindung("verify", "good.zip", "--key", "good.zip").stderr).to.include(
      "good.zip: expected a P-256 public key",
    )
    expect(lindung("verify", "good.zip").stderr).to.include("required option '--key <pem>'")
  })

  it("as a program it ends with the same exit codes, and says what was wrong on the error stream", () => {
    const program = (...args: string[]) =>
      spawnSync(process.execPath, [MAIN, "export", ...args], { cwd: folder, encoding: "utf8" })
    expect(program("verify", "good.zip", "--key", "public.pem").status).to.equal(0)
    expect(program("verify", "good.zip", "--key", "other.pem").status).to.equal(1)
    const missing = program("show", "none.zip")
    expect([missing.status, missing.stderr.startsWith("lindung: ENOENT")]).to.deep.equal([2, true])
    expect(program("match", "--help").stdout).to.include("lindung export match nl/*.zip --heard heard.jsonl")
  })

  it("show tells people and programs the same", () => {
    const facts = JSON.parse(lindung("show", "good.zip", "--json").stdout)
    expect(facts).to.deep.include({
      file: "good.zip",
      region: "222",
      keys: 10,
      repeats: 0,
      oddStarts: 10,
      batch: "1/1",
    })
    expect(lindung("show", "good.zip").stdout).to.match(/not starting at midnight UTC: +10\n/)
  })

  it("what show prints as keys, write writes: the very same archive", () => {
    file("keys.jsonl", lindung("show", "good.zip", "--keys").stdout)
    const run = lindung(
      ...["write", "--keys", "keys.jsonl", "--start", "2020-09-13T12:26:40Z", "--end", "1600007200"],
      ...["--region", "222", "--sign", "signing.pem:222:v1", "--out", "exports"],
    )
    expect(run).to.include({ status: 0, stdout: "exports/1600000000-1600007200-00001.zip\n" })
    expect(hex(readFileSync(join(folder, "exports/1600000000-1600007200-00001.zip")))).to.equal(hex(someZip()))
    expect(readdirSync(join(folder, "exports")).length).to.equal(1)
  })

  it("pad appends made-up keys once, and write then refuses nothing", () => {
    file("few.jsonl", `${JSON.stringify({ ...key(1), tek: hex(key(1).tek), revised: true })}\n`)
    const pad = ["pad", "few.jsonl", "--to", "50", "--reported-from", "1600000000", "--reported-to", "1600007200"]
    expect(lindung(...pad).stdout).to.equal("49 keys appended to few.jsonl\n")
    expect(lindung(...pad).stdout).to.equal("0 keys appended to few.jsonl\n")
    const write = (min: string) =>
      lindung(
        ...["write", "--keys", "few.jsonl", "--start", "1600000000", "--end", "1600007200", "--region", "222"],
        ...["--sign", "signing.pem:222:v1", "--out", "padded", "--min-keys", min],
      )
    expect(write("50").status).to.equal(0)
    expect(write("51").stderr).to.include("would have 50, at least 51 are asked for")
    const facts = JSON.parse(lindung("show", "padded/1600000000-1600007200-00001.zip", "--json").stdout)
    expect([facts.keys, facts.revised.keys]).to.deep.equal([49, 1])
  })

  it("match prints one line for each match, names the archives it refuses, and goes on with the others", () => {
    const published = key(3)
    const id = gaen.rpi(gaen.rpik(published.tek), published.rollingStart + 5)
    const at = (published.rollingStart + 5) * 600
    const line = (value: object) => `${JSON.stringify(value)}\n`
    file("heard.jsonl", `${line({ id: hex(id), at: at + 7200 })}\n${line({ id: hex(id), at: at + 7800 })}`)
    const run = lindung("match", "cut.zip", "good.zip", "--heard", "heard.jsonl", "--key", "public.pem")
    expect(run.stdout).to.equal(
      line({ key: hex(published.tek), id: hex(id), at: at + 7200, interval: published.rollingStart + 5 }),
    )
    expect([run.status, run.stderr.startsWith("refused: cut.zip")]).to.deep.equal([1, true])
    expect(lindung("match", "good.zip", "--heard", "heard.jsonl").status).to.equal(0)
    const late = lindung("match", "good.zip", "--heard", "heard.jsonl", "--heard-before", String(at + 7200))
    expect([late.status, late.stdout]).to.deep.equal([0, ""])
    expect(lindung("match", "good.zip", "--heard", "heard.jsonl", "--key", "other.pem").status).to.equal(1)
  })

  it("a bad line is named by file, number and field", () => {
    const said = (content: string) => {
      file("bad.jsonl", `\n${content}\n`)
      const run = lindung("match", "good.zip", "--heard", "bad.jsonl")
      expect(run.status).to.equal(2)
      return run.stderr
    }
    expect(said("{")).to.include("bad.jsonl: line 2: not JSON")
    expect(said("[1]")).to.include("bad.jsonl: line 2: expected an object")
    expect(said('{"id": "00", "at": 1}')).to.include("bad.jsonl: line 2: id: expected 16 bytes")
    expect(said(`{"id": "${"0".repeat(32)}", "at": "now"}`)).to.include('line 2: at: expected unix seconds, got "now"')
    const keys = (line: object) => {
      file("bad.jsonl", JSON.stringify(line))
      return lindung(
        ...["write", "--keys", "bad.jsonl", "--start", "1", "--end", "2", "--region", "x", "--out", "never"],
        ...["--sign", "signing.pem:222:v1"],
      ).stderr
    }
    const good = { tek: "0".repeat(32), rollingStart: 1, rollingPeriod: 144 }
    expect(keys({ ...good, rollingPeriod: 145 })).to.include("line 1: rollingPeriod: expected 1 to 144, got 145")
    expect(keys({ ...good, rollingStart: undefined })).to.include("line 1: rollingStart: expected a number")
    expect(keys({ ...good, reportType: "ill" })).to.include(
      "line 1: reportType: expected one of unknown, confirmed-test",
    )
  })

  it("a published archive shows what breaks naive readers", function () {
    if (!haveArchives) this.skip()
    file("de.zip", archive("de-dev/cwa-dev-2020-05-31.zip"))
    const facts = JSON.parse(lindung("show", "de.zip", "--json").stdout)
    expect(facts).to.deep.include({ keys: 24_131, repeats: 0, validBeyondEnd: 832, oddStarts: 23_977 })
  })
})
