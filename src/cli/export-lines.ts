import { readFileSync } from "node:fs"
import type { Heard } from "../client/gaen/index.ts"
import { fromHex, hex } from "../crypto/index.ts"
import { type ExportArchive, type ExportKey, KeyTable, REPORT_TYPES, type ReportType } from "../protocol/export.ts"

/** The objects of a file of JSON lines, with the line's name for errors; empty lines do not count. */
function* objects(file: string): Iterable<[string, Record<string, unknown>]> {
  let number = 0
  for (const line of readFileSync(file, "utf8").split("\n")) {
    number++
    if (line.trim() === "") continue
    const where = `${file}: line ${number}`
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      throw new Error(`${where}: not JSON`)
    }
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Error(`${where}: expected an object`)
    yield [where, value as Record<string, unknown>]
  }
}

function identifier(where: string, name: string, value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== "string" || !/^[0-9a-fA-F]{32}$/.test(value))
    throw new Error(`${where}: ${name}: expected 16 bytes as 32 hexadecimal digits`)
  return fromHex(value)
}

/** @throws Error naming the line and the field */
export function readHeard(file: string): Heard[] {
  return Array.from(objects(file), ([where, { id, at }]) => {
    if (typeof at !== "number" || !(at >= 0 && at < 2 ** 32))
      throw new Error(`${where}: at: expected unix seconds, got ${JSON.stringify(at)}`)
    return { rpi: identifier(where, "id", id), at }
  })
}

/** @throws Error naming the line and the field */
export function readKeys(file: string): { keys: KeyTable; revisedKeys: KeyTable } {
  const lists: [ExportKey[], ExportKey[]] = [[], []]
  for (const [where, line] of objects(file)) {
    const key = {
      tek: identifier(where, "tek", line["tek"]),
      rollingStart: line["rollingStart"] as number,
      rollingPeriod: line["rollingPeriod"] as number,
      ...optional(where, line),
    }
    try {
      KeyTable.from([key])
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`)
    }
    lists[line["revised"] === true ? 1 : 0].push(key)
  }
  return { keys: KeyTable.from(lists[0]), revisedKeys: KeyTable.from(lists[1]) }
}

function optional(where: string, line: Record<string, unknown>): Partial<ExportKey> {
  const { reportType, daysSinceOnset, transmissionRisk } = line
  if (reportType !== undefined && !REPORT_TYPES.includes(reportType as ReportType))
    throw new Error(`${where}: reportType: expected one of ${REPORT_TYPES.join(", ")}`)
  return {
    ...(reportType === undefined ? {} : { reportType: reportType as ReportType }),
    ...(daysSinceOnset === undefined ? {} : { daysSinceOnset: daysSinceOnset as number }),
    ...(transmissionRisk === undefined ? {} : { transmissionRisk: transmissionRisk as number }),
  }
}

export function keyLine(key: ExportKey, revised: boolean): string {
  return JSON.stringify({ ...key, tek: hex(key.tek), ...(revised ? { revised } : {}) })
}

/** The lines of an archive, in the order of the file. */
export function* keysOf({ keys, revisedKeys }: Pick<ExportArchive, "keys" | "revisedKeys">): Iterable<string> {
  for (let row = 0; row < keys.length; row++) yield keyLine(keys.row(row), false)
  for (let row = 0; row < revisedKeys.length; row++) yield keyLine(revisedKeys.row(row), true)
}
