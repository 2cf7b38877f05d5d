import type { Status } from "../../client/index.ts"
import type { UdpRadio } from "../../client/node/index.ts"

/** What JSON holds. */
export type Facts = Readonly<Record<string, unknown>>

export const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ")

/** An error of the state as JSON holds it. */
const plain = (_: string, value: unknown): unknown =>
  value instanceof Error ? { ...value, message: value.message } : value

export function statusFacts(status: Status, { refused }: UdpRadio): Facts {
  return { ...JSON.parse(JSON.stringify(status, plain)), radio: { refused } }
}

function exposureLine({ exposure }: Status): string {
  if (exposure.is === "unknown") return "not looked yet"
  if (exposure.is === "none") return `nobody who reported was near for long enough (looked ${iso(exposure.checkedAt)})`
  return exposure.days.map(({ day, score, unit }) => `WARNED: ${day}, ${score} ${unit}`).join("; ")
}

function reportLine({ report }: Status): string {
  if (report.is === "sent") return `sent ${iso(report.at)}: ${report.days.join(", ")}`
  if (report.is === "none" && report.error !== undefined) return `none: ${report.error.message}`
  return report.is
}

function tracingLine({ tracing }: Status): string {
  if (tracing.is === "on") return `since ${iso(tracing.since)}`
  if (tracing.is === "limited") return tracing.by.map(({ code, userCan }) => `${code} (you can: ${userCan})`).join(", ")
  return tracing.is
}

function syncLine({ lastSync }: Status): string {
  if (lastSync === undefined) return "not since the phone was switched on"
  const result = lastSync.is === "done" ? `${lastSync.batches} batches` : lastSync.is
  return `${iso(lastSync.at)}: ${lastSync.is === "failed" ? lastSync.error.message : result}`
}

/** For people: one axis a line. */
export function describeStatus(status: Status): string {
  const { contacts, next } = status
  const dropped = Object.values(contacts.dropped).reduce((sum, count) => sum + count, 0)
  const last = contacts.lastAt === undefined ? "" : `, the last ${iso(contacts.lastAt)}`
  const due = Object.entries(next)
    .sort(([, a], [, b]) => a - b)
    .map(([task, at]) => `${task} ${iso(at)}`)
  const lines = [
    ["tracing", tracingLine(status)],
    ["exposure", exposureLine(status)],
    ["report", reportLine(status)],
    ["contacts", `${contacts.windows} identifiers${last}; ${dropped} packets dropped`],
    ["last sync", syncLine(status)],
    ["next", due.join(", ")],
  ]
  return lines.map(([name = "", value]) => `${name.padEnd(10)} ${value}`).join("\n")
}
