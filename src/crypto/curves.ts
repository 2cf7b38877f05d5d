import type { X25519 } from "./sealed-box.ts"
import type { Ed25519 } from "./signature.ts"

/** The two curves of the protocol, whoever computes them: every implementation gives the same bytes. */
export interface Curves {
  readonly ed25519: Ed25519
  readonly x25519: X25519
}
