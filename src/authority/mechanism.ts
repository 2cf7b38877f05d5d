import { ascii, concat, hmacSha256 } from "../crypto/index.ts"
import { type Mechanism as MechanismNumber, testLock } from "../protocol/index.ts"

export const MECHANISM_NAMES = ["simple", "activated", "data-bound"] as const
export type MechanismName = (typeof MECHANISM_NAMES)[number]

/**
 * When and how a permission passes hands (protocol §5). Redeeming is one path for all: a request leads to a row's key, and
 * the row says what the token will say.
 */
export interface Mechanism {
  /** As it stands in a token. */
  readonly number: MechanismNumber
  /** What the authority gives: codes that are good at once, codes that are dead until they are activated, or none. */
  readonly codes: "live" | "dead" | "none"
  /** The keyed hash under which a request finds its row. */
  rowKey(hashKey: Uint8Array, code: Uint8Array, commitment: Uint8Array): Uint8Array
}

/** HMAC(hash key, label ‖ code): what is kept of a code. */
export const codeHash = (hashKey: Uint8Array, code: Uint8Array): Uint8Array =>
  hmacSha256(hashKey, concat(ascii("lindung/authority/code/1"), code))

/** HMAC(hash key, label ‖ commitment ‖ lock): what is kept of what a phone showed at the test. */
export const testHash = (hashKey: Uint8Array, commitment: Uint8Array, lock: Uint8Array): Uint8Array =>
  hmacSha256(hashKey, concat(ascii("lindung/authority/test/1"), commitment, lock))

export const MECHANISMS: Readonly<Record<MechanismName, Mechanism>> = {
  /** A code is given with the positive result. */
  simple: { number: 1, codes: "live", rowKey: codeHash },
  /** A code is exchanged at the test, and activated with the positive result. */
  activated: { number: 2, codes: "dead", rowKey: codeHash },
  /** The phone shows its commitment at the test; with the positive result that one is signed. */
  "data-bound": {
    number: 3,
    codes: "none",
    rowKey: (hashKey, code, commitment) => testHash(hashKey, commitment, testLock(code, commitment)),
  },
}
