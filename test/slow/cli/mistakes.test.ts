import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { Run } from "../../cli/run.ts"

describe("mistakes of a stranger", () => {
  let cwd = ""
  beforeEach(() => {
    // A space and letters that are not ASCII, for every one of them.
    cwd = mkdtempSync(join(tmpdir(), "lindung für mamá 測試-"))
  })
  afterEach(() => {
    chmodSync(cwd, 0o700)
    rmSync(cwd, { recursive: true, force: true })
  })
  const run = async (...args: string[]) => {
    const one = new Run(args, { cwd })
    return { code: await one.end(), output: one.output }
  }

  it("a folder that must not be written: one sentence, and no half of a deployment", async function () {
    // Root may write everywhere, and so becomes nobody.
    const isRoot = process.getuid?.() === 0
    const NOBODY = 65_534
    const others = isRoot ? statSync(fileURLToPath(import.meta.url)).mode & 0o004 : 0o004
    if (others === 0) this.skip()
    chmodSync(cwd, isRoot ? 0o755 : 0o500)
    const one = new Run(["init", "trial"], { cwd, env: { HOME: "/nonexistent" }, ...(isRoot && { uid: NOBODY }) })
    expect(await one.end()).to.equal(2)
    expect(one.output).to.match(/^lindung: .*permission denied/)
    expect(readdirSync(cwd)).to.deep.equal([])
  })

  it("what init could not finish is taken away", async () => {
    const { code } = await run("init", "trial", "--design", "gaen", "--region", "not a region!")
    expect(code).to.equal(2)
    expect(readdirSync(cwd)).to.deep.equal([])
  })

  it("no network, and nobody there: one sentence that names the address", async () => {
    const { code, output } = await run("audit", "http://127.0.0.1:9", "--key", "x+00000000+AA")
    expect(code).to.be.oneOf([2, 3])
    expect(output).to.match(/^lindung: /)
  })

  it("mistakes in the command line end with 2 and a hint", async () => {
    for (const args of [["nothing"], ["audit", "--bogus"], ["serve"], ["authority", "users", "add", "x"]]) {
      const { code, output } = await run(...args)
      expect(code, args.join(" ")).to.equal(2)
      expect(output, args.join(" ")).to.include("--help")
    }
  })

  it("days are days of UTC, whatever zone the machine is in, also in a night of 25 hours", async () => {
    const windows = JSON.stringify([
      {
        day: "2026-10-25",
        infectiousness: 2,
        reportType: 1,
        calibration: 0,
        scans: [0, 30, 60, 90].map(minute => ({
          min: 48,
          typical: 50,
          seconds: 300,
          start: 1_792_886_400 + minute * 60,
        })),
      },
    ])
    const outputs = new Set<string>()
    for (const TZ of ["UTC", "Pacific/Kiritimati", "Europe/Zurich", "America/St_Johns"]) {
      const one = new Run(["risk", "explain", "-", "--today", "2026-10-26", "--json"], { cwd, env: { TZ } })
      one.child.stdin!.end(windows)
      expect(await one.end(), TZ).to.equal(0)
      outputs.add(one.output)
    }
    expect(outputs.size).to.equal(1)
    expect([...outputs][0]).to.include("2026-10-25")
  })
})
