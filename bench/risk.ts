// How long 10,000 windows take by every preset: npm run bench -- risk
import { risk } from "../src/client/index.ts"
import type { Bench, Table } from "./run.ts"

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

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** Processor time of all threads so far, garbage collection included, in ms. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Every preset over the same windows; a preset is wrong when clock and processor both exceed its limit. */
async function run(): Promise<readonly Table[]> {
  const measured = windows(WINDOWS)
  const scans = measured.reduce((total, window) => total + window.scans.length, 0)
  const rows: (string | number)[][] = []
  let late = 0
  for (const [name, { rule }] of risk.presets) {
    const { evaluate } = risk.ruleOf(rule)
    const limit = rule.kind === "nhs" ? 2000 : 50
    const runs = rule.kind === "nhs" ? 3 : 25
    const wall: number[] = []
    const processor: number[] = []
    for (let i = 0; i < runs; i++) {
      const [before, usedBefore] = [performance.now(), processorTime()]
      evaluate(measured, risk.isoDay(TODAY))
      wall.push(performance.now() - before)
      processor.push(processorTime() - usedBefore)
    }
    // On a machine that does other work as well, the clock measures that too.
    const [time, used] = [median(wall), median(processor)]
    if (Math.min(time, used) >= limit) late++
    rows.push([name, time, used, limit])
  }
  const columns = ["preset", "median ms", "processor ms", "limit ms"]
  return [{ title: `${WINDOWS} windows, ${scans} scans, ${DAYS} days`, columns, rows, wrong: late > 0 }]
}

export const bench: Bench = { title: "Exposure rules: every preset on the same windows", run }
