import { hex, sha256 } from "../../crypto/index.ts"
import { type Canary, Search } from "./canaries.ts"
import type { DiskReport } from "./findings.ts"
import { u32At } from "./sqlite-page.ts"

/** A core file or what /proc gives of a process, in pieces of any size. */
export interface MemoryImage {
  readonly name: string
  chunks(): AsyncIterable<Uint8Array>
}

/** Longer than any pattern: pieces are looked at together with the end of the one before. */
const OVERLAP = 512
const TOKEN_VERSION = 1
const MECHANISMS = 3
/** 2019 to 2100. */
const [FIRST_DAY, LAST_DAY] = [17_897, 47_482]

/**
 * Planted secrets, and tokens of an accepted authority: version, mechanism, key and two days in a row come about by
 * chance once in 10¹⁷ places. A report in the clear has one.
 */
export async function auditMemory(
  image: MemoryImage,
  canaries: readonly Canary[],
  authorityKeys: readonly Uint8Array[],
  report: DiskReport,
): Promise<void> {
  const search = new Search(canaries)
  const keyIds = new Set(authorityKeys.map(key => u32At(sha256(key), 0)))
  const found = new Map<string, number>()
  const tokens = new Set<string>()
  let before = new Uint8Array()
  for await (const chunk of image.chunks()) {
    const bytes = new Uint8Array(before.length + chunk.length)
    bytes.set(before)
    bytes.set(chunk, before.length)
    for (const { name, encoding } of search.in(bytes)) {
      const key = `${name} (${encoding})`
      found.set(key, (found.get(key) ?? 0) + 1)
    }
    if (keyIds.size > 0) for (const token of tokensIn(bytes, keyIds)) tokens.add(token)
    before = bytes.slice(-OVERLAP)
  }
  for (const [what] of found) report.finding("canary", image.name, what)
  if (tokens.size > 0) report.finding("opened-report", image.name, `${tokens.size} tokens`)
}

/** The commitments of the tokens that stand in some bytes. */
function* tokensIn(bytes: Uint8Array, keyIds: ReadonlySet<number>): Generator<string> {
  for (let at = 0; at + 46 <= bytes.length; at++) {
    if (bytes[at] !== TOKEN_VERSION || bytes[at + 1]! < 1 || bytes[at + 1]! > MECHANISMS) continue
    if (!keyIds.has(u32At(bytes, at + 2))) continue
    const days = [u32At(bytes, at + 6), u32At(bytes, at + 10)]
    if (days.every(day => day >= FIRST_DAY && day <= LAST_DAY)) yield hex(bytes.subarray(at + 14, at + 46))
  }
}
