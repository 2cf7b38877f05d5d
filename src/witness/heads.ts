/**
 * What a witness must know again after a restart, or it would sign a second history. Obligations: `write` is whole or not
 * at all, and durable when it resolves; `read` gives what was written last, and rejects rather than forget.
 */
export interface HeadStore {
  /** The newest head of the log that was cosigned, as the log signed it; undefined before the first. */
  read(origin: string): Promise<Uint8Array | undefined>
  write(origin: string, note: Uint8Array): Promise<void>
  /** Keeps a proof of misbehaviour for the operator; the same one again changes nothing. */
  keep(proof: Uint8Array): Promise<void>
}

/** Heads in memory: for tests and simulations. */
export function memoryHeads(): HeadStore & { readonly proofs: readonly Uint8Array[] } {
  const heads = new Map<string, Uint8Array>()
  const proofs: Uint8Array[] = []
  return {
    proofs,
    async read(origin) {
      return heads.get(origin)
    },
    async write(origin, note) {
      heads.set(origin, new Uint8Array(note))
    },
    async keep(proof) {
      proofs.push(new Uint8Array(proof))
    },
  }
}
