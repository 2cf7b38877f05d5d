import type { ReadTx, Store } from "../../src/client/index.ts"
import { hex } from "../../src/crypto/index.ts"

const LETTERS: Record<string, string> = { m: "state", f: "fresh", o: "coarse", x: "matched", s: "secret" }

/** Everything in a store, as hexadecimal text. */
export function dump(store: Store, letters = "msfoxraj"): Promise<[string, string][]> {
  return store.read(async (tx: ReadTx) => {
    const out: [string, string][] = []
    for await (const [key, value] of tx.range(new Uint8Array(0), Uint8Array.of(255)))
      if (letters.includes(String.fromCharCode(key[0]!))) out.push([hex(key), hex(value)])
    return out
  })
}

/** An observation in the store, read back from its key. */
export interface Kept {
  readonly kind: "fresh" | "coarse" | "matched"
  readonly slot: number
  readonly id: string
  readonly marks?: { readonly bucket: number; readonly after: number }
  readonly scans: number
}

export async function observations(store: Store): Promise<Kept[]> {
  return (await dump(store, "fox")).map(([key, value]) => {
    const bytes = Buffer.from(key, "hex")
    const kind = LETTERS[String.fromCharCode(bytes[0]!)] as Kept["kind"]
    const at = kind === "matched" ? 5 : 1
    const base = {
      kind,
      slot: bytes.readUInt32BE(at),
      id: bytes.subarray(at + 4, kind === "fresh" ? -8 : bytes.length).toString("hex"),
      scans: value.length / 16,
    }
    return kind === "fresh"
      ? {
          ...base,
          marks: { bucket: bytes.readUInt32BE(bytes.length - 8), after: bytes.readUInt32BE(bytes.length - 4) },
        }
      : base
  })
}
