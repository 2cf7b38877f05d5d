// Loaded before a program (node --import): its clock is ahead by as many seconds as the file says, and it does not sleep
// long, so that it notices when that changes.
import { readFileSync } from "node:fs"

const file = process.env["HANDOVER_CLOCK"] ?? ""
const now = Date.now.bind(Date)
Date.now = () => now() + 1000 * Number(readFileSync(file, "utf8"))

const LONGEST_MS = 300
const later = globalThis.setTimeout
globalThis.setTimeout = Object.assign(
  (run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
    later(run, Math.min(ms ?? 0, LONGEST_MS), ...given),
  later,
)
