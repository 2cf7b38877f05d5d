import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect } from "chai"

const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url))
const scan = (typical: number, seconds: number): object => ({ min: typical, typical, seconds, start: 1588845600 })
const window = (...scans: object[]): object => ({
  day: "2020-05-07",
  infectiousness: 2,
  reportType: 1,
  calibration: 0,
  scans,
})

function lindung(input: unknown, ...args: string[]): { out: string; err: string; code: number | null } {
  const text = typeof input === "string" ? input : JSON.stringify(input)
  const run = spawnSync(process.execPath, [main, "risk", ...args], { input: text, encoding: "utf8" })
  return { out: run.stdout, err: run.stderr, code: run.status }
}

describe("lindung risk", () => {
  it("explain shows every scan, what it contributes and why not, as a table and as JSON", () => {
    const two = [window(scan(52, 720)), window(scan(58, 720), scan(200, 60))]
    const { out, code } = lindung(two, "explain", "-")
    expect(code).to.equal(0)
    expect(out).to.match(/^2020-05-07 {2}NONE {2}12 minutes {2}\(dp3t-exposure-score\)/)
    expect(out).to.include("the same time as another contact that counts")
    expect(out).to.include("attenuation outside 0 to 127 dB")
    expect(out).to.match(/50–54 dB \|#{40} 12 min/)
    const json = JSON.parse(lindung(two, "explain", "-", "--json", "--rule", "swisscovid-gaen").out)
    expect([json.rule, json.today, json.days[0].score, json.days[0].level]).to.deep.equal([
      "swisscovid-gaen",
      "2020-05-07",
      18,
      "high",
    ])
  })

  it("compare puts all presets side by side", () => {
    const { out } = lindung({ today: "2020-05-08", windows: [window(scan(52, 1200))] }, "compare", "-")
    const lines = out.trimEnd().split("\n")
    expect(lines).to.have.length(23)
    expect(lines[0]).to.match(/^rule +unit +2020-05-07$/)
    expect(lines[2]).to.match(/^swisscovid-gaen +minutes +20 HIGH$/)
    expect(JSON.parse(lindung([], "compare", "-", "--json").out).rules).to.have.length(22)
  })

  it("names every fault of a file with its path", () => {
    const bad = [
      { day: "2020-02-30", infectiousness: 7, reportType: 1, calibration: 0, scans: [{ min: 1, typical: "2" }] },
    ]
    const { err, code } = lindung(bad, "explain", "-")
    expect(code).to.equal(2)
    for (const part of [
      "windows[0].day",
      "windows[0].infectiousness",
      "windows[0].scans[0].typical",
      "windows[0].scans[0].seconds",
    ])
      expect(err).to.include(part)
    expect(lindung("{", "explain", "-").err).to.include("not JSON")
    expect(lindung([], "explain", "-", "--rule", "swiss").err).to.include('unknown preset "swiss"')
    expect(lindung([window(scan(50, 60))], "explain", "-", "--day", "2020-05-01").err).to.include(
      "there are some on 2020-05-07",
    )
  })

  it("--help teaches with an example", () => {
    for (const command of ["explain", "compare", "presets"])
      expect(lindung("", command, "--help").out).to.include("  lindung risk")
  })
})
