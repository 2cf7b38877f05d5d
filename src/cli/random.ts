import { randomBytes } from "node:crypto"
import type { Random } from "../crypto/index.ts"

/** The Random port over the system's CSPRNG. */
export const systemRandom: Random = { bytes: n => new Uint8Array(randomBytes(n)) }
