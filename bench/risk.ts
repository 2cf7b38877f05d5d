// How long 10,000 windows take by every preset: npm run build && npx tsc -b bench && node dist/bench/risk.js
import { risk } from "../src/client/index.ts"

const WINDOWS = 10_000
const DAYS = 14
const TODAY = 18_400

/** A fixed sequence: every run measures the same windows. */
function sequence(): (n: number) => number {
  let state = 20_200_508
  return n => {
    state = (state * 48_271) % 2_147_483_647
    return state % n
  }
}

/** Two to seven scans of three to five minutes, at 40 to 85 dB, spread over two weeks. */
export function windows(count: number): risk.Window[] {
  const draw = sequence()
  return Array.from({ length: count }, (): risk.Window => {
    const day = TODAY - draw(DAYS)
    let start = day * 86_400 + draw(82_000)
    const middle = 40 + draw(40)
    const scans = Array.from({ length: 2 + draw(6) }, (): risk.Scan => {
      const seconds = 60 * (3 + draw(3))
      const typical = middle + draw(6)
      const scan = { min: typical - draw(5), typical, seconds, start }
      start += seconds
      return scan
    })
    const infectiousness = (1 + draw(2)) as 1 | 2
    return { day: risk.isoDay(day), scans, infectiousness, reportType: 1 + draw(4), calibration: 3 }
  })
}

/** Best and median. The best is what the work takes; the median also tells how busy the machine was. */
function spread(values: number[]): [best: number, median: number] {
  values.sort((a, b) => a - b)
  return [values[0]!, values[Math.floor(values.length / 2)]!]
}

const measured = windows(WINDOWS)
const scans = measured.reduce((total, window) => total + window.scans.length, 0)
const seconds = measured.reduce((total, { scans }) => scans.reduce((sum, scan) => sum + scan.seconds, total), 0)
console.log(`${WINDOWS} windows, ${scans} scans, ${Math.round(seconds / WINDOWS)} s a window, ${DAYS} days`)
console.log("preset                            best ms  median ms   limit ms")
let late = 0
for (const [name, { rule }] of risk.presets) {
  const { evaluate } = risk.ruleOf(rule)
  const limit = rule.kind === "nhs" ? 2000 : 50
  const runs = rule.kind === "nhs" ? 3 : 25
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    const before = performance.now()
    evaluate(measured, risk.isoDay(TODAY))
    times.push(performance.now() - before)
  }
  const [best, median] = spread(times)
  if (best >= limit) late++
  const cells = [best.toFixed(1), median.toFixed(1), String(limit)].map(cell => cell.padStart(10))
  console.log(`${name.padEnd(30)} ${cells.join(" ")}`)
}
if (late > 0) {
  console.error(`${late} presets took longer than their limit`)
  process.exitCode = 1
}
