import { type KeyVault, memoryStore } from "../../src/client/index.ts"
import { encryptedStore } from "../../src/client/store/encrypted.ts"
import { hex, secretBox } from "../../src/crypto/index.ts"
import { seeded } from "../dice.ts"

/** A vault that can lose its key. */
export function testVault(): KeyVault & { lost: boolean; seals: number } {
  const key = new Uint8Array(32).fill(4)
  return {
    lost: false,
    seals: 0,
    async seal(plain, context) {
      this.seals++
      return secretBox.seal(Buffer.from(`${context}|${hex(plain)}`), key, seeded(this.seals))
    },
    async open(sealed, context) {
      const text = Buffer.from(secretBox.open(sealed, key)!).toString()
      return this.lost || !text.startsWith(`${context}|`) ? "lost" : Buffer.from(text.slice(context.length + 1), "hex")
    },
  }
}

/** An encrypted store that can be opened again and again. */
export const encryptedInMemory = () => {
  const under = memoryStore()
  const vault = testVault()
  return () => encryptedStore(under, vault, seeded(6))
}
