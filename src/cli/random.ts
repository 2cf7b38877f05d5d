import { randomFillSync } from "node:crypto"
import type { Random } from "../crypto/index.ts"

/** The Random port over the system's CSPRNG. Filled in place, so that there is no second copy to be wiped. */
export const systemRandom: Random = { bytes: n => randomFillSync(new Uint8Array(n)) }
