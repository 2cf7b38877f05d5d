// Loaded before a program (node --import): its clocks are ahead by as many seconds as the file says, and it does not sleep
// long, so that it notices when that changes. Both clocks: time has passed, and nobody has set one.
import { readFileSync } from "node:fs"

const file = process.env["HANDOVER_CLOCK"] ?? ""
const ahead = (): number => 1000 * Number(readFileSync(file, "utf8"))
const now = Date.now.bind(Date)
Date.now = () => now() + ahead()
const elapsed = performance.now.bind(performance)
performance.now = () => elapsed() + ahead()

const LONGEST_MS = 300
const later = globalThis.setTimeout
globalThis.setTimeout = Object.assign(
  (run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
    later(run, Math.min(ms ?? 0, LONGEST_MS), ...given),
  later,
)
