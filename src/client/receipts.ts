import { concat, type Random, sha256 } from "../crypto/index.ts"
import { entries, receiptKey, receiptsBefore } from "./layout.ts"
import type { WriteTx } from "./ports.ts"

/*
 * receipt of an upload, under its promised batch and 16 random bytes: 32 H(envelope) ‖ 68 receipt
 * It is kept of every upload, real or cover, so that it does not tell them apart. With the server's key it proves what
 * the server promised; whose envelope it was, and what was in it, it does not say.
 */
const TAG_BYTES = 16

/** An upload whose receipt verifies. */
export interface Promised {
  readonly promised: number
  readonly envelope: Uint8Array
  readonly receipt: Uint8Array
}

/** In the write of what the upload was for. */
export function keepReceipt(tx: WriteTx, { promised, envelope, receipt }: Promised, random: Random): void {
  tx.put(receiptKey(promised, random.bytes(TAG_BYTES)), concat(sha256(envelope), receipt))
}

/** Receipts are kept for fourteen days after their batch. */
export async function pruneReceipts(tx: WriteTx, firstBucket: number): Promise<void> {
  for (const [key] of await entries(tx, receiptsBefore(firstBucket))) tx.del(key)
}
