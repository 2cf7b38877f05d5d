import type { signature } from "../crypto/index.ts"
import { type Checkpoint, type ErrorCode, LindungError } from "../protocol/index.ts"

/** A copy of the static tree. Obligation: a file is there whole or not at all, and durable when `write` resolves. */
export interface Mirror {
  read(path: string): Promise<Uint8Array | undefined>
  write(path: string, bytes: Uint8Array): Promise<void>
}

export interface MonitorPorts {
  /**
   * A file of the tree, undefined when the server says that there is none; rejects when it cannot be told. Of a file that
   * is longer than `maxBytes` it gives `maxBytes` + 1 bytes and reads no further.
   */
  readonly fetch: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>
  readonly mirror: Mirror
  /** Unix seconds. */
  readonly clock: () => number
  readonly ed25519?: signature.Ed25519
  /** Files fetched of a round's. */
  readonly progress?: (what: "tiles" | "batches", done: number, total: number) => void
}

/** What nobody has to believe: the rule that was broken, where, and a proof where the log has signed one. */
export interface Violation {
  readonly code: ErrorCode
  readonly where: string
  readonly what: string
  readonly proof?: Uint8Array
}

/** A head, and what the log signed. */
export interface Signed {
  readonly head: Checkpoint
  readonly note: Uint8Array
}

/** A rule that was broken, as the error that carries it out of the checks. */
export const broken = (code: ErrorCode, what: string, proof?: Uint8Array): LindungError =>
  new LindungError(code, what, proof === undefined ? {} : { proof })

export const violation = (error: LindungError, where: string): Violation => ({
  code: error.code,
  where,
  what: error.message.slice(error.code.length + 2),
  ...(error.proof !== undefined && { proof: error.proof }),
})
