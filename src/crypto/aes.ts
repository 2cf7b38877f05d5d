import { ctr, ecb } from "@noble/ciphers/aes.js"

/**
 * AES-CTR with a 128-bit big-endian counter; the key's length chooses AES-128 or AES-256.
 * @param counterBlock 16 bytes, the first counter block
 */
export function aesCtr(key: Uint8Array, counterBlock: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return ctr(key, counterBlock).encrypt(message) as Uint8Array<ArrayBuffer>
}

/** AES of independent 16-byte blocks, without padding: a permutation, not an encryption mode. */
export function aesBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array<ArrayBuffer> {
  return ecb(key, { disablePadding: true }).encrypt(blocks) as Uint8Array<ArrayBuffer>
}
