import type { DiskReport } from "./findings.ts"
import type { Inventory } from "./inventory.ts"
import { text } from "./sqlite-page.ts"
import { address, exactTime, timedIdentifier } from "./values.ts"

/** What every line of the log has. */
const ALWAYS = new Set(["level", "time", "event"])
/** The place where a service listens is its own address, not a phone's. */
const OWN_ADDRESS = new Set(["host"])
/** Events that a person at the machine causes. */
const BY_HAND = new Set(["listening", "stopping", "stopped"])

/** Log lines: known events with known fields, no address, and no time finer than a bucket. */
export function auditLogLines(where: string, file: Uint8Array, { events }: Inventory, report: DiskReport): void {
  for (const [i, line] of text(file).split("\n").entries()) {
    if (line.trim() === "") continue
    const place = `${where} line ${i + 1}`
    const entry = parsed(line)
    const event = String(entry?.["event"] ?? "")
    const fields = entry === undefined ? undefined : events[event]
    if (entry === undefined || fields === undefined) {
      report.finding("log-line", place, entry === undefined ? "not of a service" : `event ${event || "without a name"}`)
      auditText(place, line, report)
      continue
    }
    for (const [name, value] of Object.entries(entry)) {
      if (!ALWAYS.has(name) && !fields.includes(name)) report.finding("log-line", place, `${event} has ${name}`)
      if (name === "time" && (BY_HAND.has(event) || !Number.isFinite(value))) continue
      const exact = exactTime(typeof value === "number" ? value : JSON.stringify(value))
      if (exact !== undefined) report.finding("exact-time", `${place} ${name}`, exact)
      if (!OWN_ADDRESS.has(name)) auditText(`${place} ${name}`, JSON.stringify(value), report)
    }
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Addresses, and identifiers that tell when they were made. */
function auditText(where: string, words: string, report: DiskReport): void {
  const from = address(words)
  if (from !== undefined) report.finding("address", where, from)
  const made = timedIdentifier(words)
  if (made !== undefined) report.finding("identifier-with-time", where, made)
}

/** Metrics in Prometheus' text format: known names only. */
export function auditMetrics(where: string, file: Uint8Array, { metrics }: Inventory, report: DiskReport): void {
  for (const line of text(file).split("\n")) {
    const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0]
    if (name === undefined) continue
    if (metrics[name] === undefined) report.finding("metric", where, name)
    else if (metrics[name].holds === "count") report.learns(where, line)
    const value = Number(line.slice(line.lastIndexOf(" ")))
    const exact = exactTime(value)
    if (exact !== undefined) report.finding("exact-time", `${where} ${name}`, exact)
    auditText(where, line, report)
  }
}
