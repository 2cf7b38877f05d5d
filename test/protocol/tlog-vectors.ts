import { readFileSync } from "node:fs"

interface TlogVectors {
  readonly c2sp: {
    readonly cosigned: { readonly note: string }
    readonly add_checkpoint: { readonly body: string; readonly old_size: number; readonly hashes: number }
    readonly answer: { readonly lines: string }
  }
  readonly witnessed: {
    readonly log_key: string
    readonly note: string
    readonly witnesses: readonly {
      readonly name: string
      readonly seed: string
      readonly key: string
      readonly time: number
      readonly line: string
    }[]
  }
  readonly misbehaviour: readonly { readonly kind: string; readonly sizes: readonly number[]; readonly file: string }[]
  readonly no_misbehaviour: readonly string[]
}

/** Made by vectors/make/tlog.py: the examples of the C2SP documents, and a second implementation. */
export const tlog: TlogVectors = JSON.parse(
  readFileSync(new URL("../../../vectors/tlog.json", import.meta.url), "utf8"),
)

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
