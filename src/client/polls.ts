import { code as codes, concat, equal, type Random, uniform } from "../crypto/index.ts"
import { COMMITMENT_BYTES, encodeRedeem, TOKEN_BYTES } from "../protocol/index.ts"
import type { Action } from "./delivery.ts"

/*
 * A test of mechanism 3, real or made up: six whole actions (redeem, U1, U2), one at a uniform time in each of the six
 * twelve-hour spans after it, all asking with one code and one commitment. They run to the last whatever the answers
 * are: a real test differs from a made-up one in what is inside the sealed boxes alone.
 */
const POLLS = 6
const SPAN_SECONDS = 43_200
const TEST_ID_BYTES = 15

/** What an action asks the authority with. */
export const madeUpRequest = (random: Random): Uint8Array =>
  encodeRedeem(codes.generate(random), random.bytes(COMMITMENT_BYTES))

/** The actions of a test that begins at `start`, unix seconds. Their ids differ in the last byte. */
export function pollsOf(kind: "cover" | "test", request: Uint8Array, start: number, random: Random): Action[] {
  const test = random.bytes(TEST_ID_BYTES)
  return Array.from({ length: POLLS }, (_, i) => ({
    id: concat(test, Uint8Array.of(i)),
    kind,
    phase: "redeem",
    promised: 0,
    dueAt: start + i * SPAN_SECONDS + uniform(random, SPAN_SECONDS),
    request,
    token: new Uint8Array(TOKEN_BYTES),
  }))
}

const sameTest = (a: Action, b: Action): boolean => equal(a.id.slice(0, TEST_ID_BYTES), b.id.slice(0, TEST_ID_BYTES))

/** Of a test's actions that a phone has slept through, all but the last: a burst would say when its owner woke. */
export function sleptThrough(actions: readonly Action[], now: number): Action[] {
  const begun = actions.filter(({ phase, dueAt }) => phase === "redeem" && dueAt <= now)
  return begun.filter(one => begun.some(later => sameTest(one, later) && later.dueAt > one.dueAt))
}
