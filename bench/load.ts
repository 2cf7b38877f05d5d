import { progressBar } from "../src/cli/output.ts"
import { endTable, loadAverage, phaseTable } from "./load/tables.ts"
import { DOWNLOADS, PEAK, type Phase, SUSTAINED, trial } from "./load/trial.ts"
import type { Bench } from "./run.ts"

const SECONDS = 15

const phases: readonly Phase[] = [
  { uploads: SUSTAINED, downloads: DOWNLOADS, seconds: SECONDS },
  { uploads: PEAK, downloads: DOWNLOADS, seconds: SECONDS },
]

export const bench: Bench = {
  title: `Key server under the cover traffic of 38 million phones: ${SUSTAINED} uploads a second, and five times that`,
  async run() {
    const before = loadAverage()
    const bar = progressBar("load", SECONDS * phases.length)
    const result = await trial(phases, () => bar.advance())
    const machine = { title: "", columns: ["load average before", "after"], rows: [[before, loadAverage()]] }
    return [phaseTable(phases, result.phases), endTable(result), machine]
  },
}
