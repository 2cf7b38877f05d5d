import { readdirSync, readFileSync } from "node:fs"
import { expect } from "chai"
import type { Check } from "../../src/cli/vectors/check.ts"
import { oracleVerifiers } from "../../src/cli/vectors/oracles.ts"

const folder = new URL("../../../vectors/oracles/", import.meta.url)
const files = readdirSync(folder).filter(name => name.endsWith(".json"))

interface Outcome {
  checks: number
  failures: string[]
}

function run(oracle: string, file: unknown): Outcome {
  const outcome: Outcome = { checks: 0, failures: [] }
  const record = (name: string, holds: boolean, detail: string): void => {
    outcome.checks++
    if (!holds) outcome.failures.push(`${name}: ${detail}`)
  }
  const check: Check = {
    equal(name, actual, expected) {
      const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
      let same = true
      try {
        expect(actual).to.deep.equal(expected)
      } catch {
        same = false
      }
      record(name, same, `got ${a}, expected ${b}`)
    },
    close(name, actual, expected, tolerance = 1e-9) {
      record(name, Math.abs(actual - expected) <= tolerance, `got ${actual}, expected ${expected} ± ${tolerance}`)
    },
    ok(name, holds, detail = "does not hold") {
      record(name, holds, detail)
    },
  }
  oracleVerifiers[oracle]!(file, check)
  return outcome
}

describe("the published oracles", () => {
  it("are all known by name", () => {
    const oracles = files.map(name => JSON.parse(readFileSync(new URL(name, folder), "utf8")).oracle as string)
    expect(oracles.sort()).to.deep.equal(Object.keys(oracleVerifiers).sort())
  })

  for (const name of files)
    it(`${name} passes every case`, () => {
      const file = JSON.parse(readFileSync(new URL(name, folder), "utf8"))
      const { checks, failures } = run(file.oracle, file)
      expect(failures, `${failures.length} of ${checks} checks failed`).to.deep.equal([])
      expect(checks).to.be.greaterThan(3)
    })
})
