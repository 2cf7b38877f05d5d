import {
  ascii,
  concat,
  cuckooFilter,
  type Filter,
  filterHash,
  fromHex,
  hex,
  ribbonFilter,
  sha256,
  u32,
} from "../../crypto/index.ts"
import type { Check, Verifier } from "./check.ts"

interface FilterFile {
  cases: {
    name: string
    salt: string
    first: number
    count: number
    fingerprintBits: number
    bytes: number
    sha256: string
    filter?: string
    x0: string | null
    y0: string | null
  }[]
}

interface Kind {
  build(hashes: Uint8Array, fingerprintBits: number): Filter
  parse(input: Uint8Array): Filter | undefined
}

function filters({ cases }: FilterFile, { build, parse }: Kind, check: Check): void {
  for (const c of cases) {
    const salt = fromHex(c.salt)
    const items = Array.from({ length: c.count }, (_, i) => sha256(ascii("vector"), salt, u32(c.first + i)))
    const hashes = items.map(x => filterHash(salt, x))
    check.equal(`${c.name}: first item`, items[0] ? hex(items[0]) : null, c.x0)
    check.equal(`${c.name}: its hash`, hashes[0] ? hex(hashes[0]) : null, c.y0)
    const joined = new Uint8Array(32 * hashes.length)
    for (const [i, y] of hashes.entries()) joined.set(y, 32 * i)
    const bytes = build(joined, c.fingerprintBits).bytes()
    check.equal(`${c.name}: length`, bytes.length, c.bytes)
    check.equal(`${c.name}: SHA-256`, hex(sha256(bytes)), c.sha256)
    if (c.filter !== undefined) check.equal(`${c.name}: bytes`, hex(bytes), c.filter)
    check.equal(`${c.name}: twice is once`, hex(build(concat(joined, joined), c.fingerprintBits).bytes()), hex(bytes))
    const read = parse(bytes)
    check.ok(
      `${c.name}: holds every item`,
      hashes.every(y => read?.has(y) === true),
    )
    check.ok(`${c.name}: has a size for its items`, read?.mayHold(c.count) === true)
  }
}

const of =
  (kind: Kind): Verifier =>
  (file, check) =>
    filters(file as FilterFile, kind, check)

/** By the file's `format`. */
export const filterVerifiers: Readonly<Record<string, Verifier>> = {
  "cuckoo-filter-vectors/1": of(cuckooFilter),
  "ribbon-filter-vectors/1": of(ribbonFilter),
}
