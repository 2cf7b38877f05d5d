import { ascii, code, concat, hex, hmacSha256, type Random } from "../../crypto/index.ts"

const CODES = 10

/** Recovery codes: 65 random bits each, so that a keyed hash is enough; there is nothing to guess. */
export interface Recovery {
  fresh(random: Random): { readonly codes: string[]; readonly hashes: string[] }
  /** The hashes that are left after this code, or undefined when it is none of them. */
  use(hashes: readonly string[], typed: string): string[] | undefined
}

export function recovery(hashKey: Uint8Array): Recovery {
  const hash = (symbols: string): string =>
    hex(hmacSha256(hashKey, concat(ascii("lindung/authority/recovery/1"), ascii(symbols))))
  return {
    fresh(random) {
      const made = Array.from({ length: CODES }, () => code.generate(random))
      return { codes: made.map(code.group), hashes: made.map(hash) }
    },
    use(hashes, typed) {
      const symbols = code.parse(typed)
      const used = symbols === undefined ? "" : hash(symbols)
      return hashes.includes(used) ? hashes.filter(one => one !== used) : undefined
    },
  }
}
