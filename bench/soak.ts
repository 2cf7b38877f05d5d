import { progressBar } from "../src/cli/output.ts"
import { endTable, growthTable, loadAverage, phaseTable } from "./load/tables.ts"
import { DOWNLOADS, PEAK, type Phase, SUSTAINED, trial } from "./load/trial.ts"
import type { Bench } from "./run.ts"

/** Ten minutes unless the environment says otherwise. */
const SECONDS = Number(process.env["LINDUNG_SOAK_SECONDS"] ?? 600)
const AFTERWARDS_SECONDS = 20
const KILL_AFTER_SECONDS = 5

const phases: readonly Phase[] = [
  { uploads: PEAK, downloads: DOWNLOADS, seconds: SECONDS },
  { uploads: SUSTAINED, downloads: DOWNLOADS, seconds: AFTERWARDS_SECONDS, killAfter: KILL_AFTER_SECONDS },
]

export const bench: Bench = {
  title: `Key server: ${PEAK} uploads a second for ${SECONDS} s, then ${SUSTAINED} a second with a kill -9, then publication`,
  async run() {
    const before = loadAverage()
    const bar = progressBar("soak", SECONDS + AFTERWARDS_SECONDS)
    const result = await trial(phases, () => bar.advance())
    const machine = { title: "", columns: ["load average before", "after"], rows: [[before, loadAverage()]] }
    return [phaseTable(phases, result.phases), growthTable(result.phases[0]!.samples), endTable(result), machine]
  },
}
