import { ascii, concat, cuckooFilter, filterHash, fromHex, hex, ribbonFilter, sha256, u32 } from "../../crypto/index.ts"
import type { Verifier } from "./check.ts"

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

/** Items are x_i = H("vector" ‖ salt ‖ u32 i). */
const filters =
  ({ build, parse }: typeof ribbonFilter | typeof cuckooFilter): Verifier =>
  (file, check) => {
    for (const c of (file as FilterFile).cases) {
      const salt = fromHex(c.salt)
      const items = Array.from({ length: c.count }, (_, i) => sha256(ascii("vector"), salt, u32(c.first + i)))
      const hashes = items.map(x => filterHash(salt, x))
      if (c.x0 !== null) check.equal(`${c.name}: first item`, items.slice(0, 1).map(hex), [c.x0])
      if (c.y0 !== null) check.equal(`${c.name}: its hash`, hashes.slice(0, 1).map(hex), [c.y0])
      const bytes = build(concat(...hashes), c.fingerprintBits).bytes()
      check.equal(`${c.name}: length`, bytes.length, c.bytes)
      check.equal(`${c.name}: bytes`, hex(sha256(bytes)), c.sha256)
      if (c.filter !== undefined) check.equal(`${c.name}: filter`, hex(bytes), c.filter)
      const read = parse(bytes)
      check.ok(`${c.name}: every item is found`, read !== undefined && hashes.every(y => read.has(y)))
    }
  }

/** By the file's `format`. */
export const filterVerifiers: Readonly<Record<string, Verifier>> = {
  "cuckoo-filter-vectors/1": filters(cuckooFilter),
  "ribbon-filter-vectors/1": filters(ribbonFilter),
}
