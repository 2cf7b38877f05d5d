import { ascii, concat, hmacSha256, type Random, signature, time } from "../crypto/index.ts"
import { LindungError, parseRedeem, signToken, type TokenFacts } from "../protocol/index.ts"
import type { AuthorityConfig } from "./config.ts"
import { endOf, hourOf } from "./hours.ts"
import { MECHANISMS } from "./mechanism.ts"
import type { Attempt, CodeStore, Grant } from "./store/store.ts"

/**
 * Requests are gathered so long, because one durable write for each would limit the rate to that of the disk, and while a
 * write waits for the disk nobody is answered: five a second leave most of it to others.
 */
const GATHER_MILLIS = 200

export interface RedeemPorts {
  readonly clock: () => number
  readonly monotonic: () => number
  readonly wait: (ms: number) => Promise<void>
  readonly random: Random
  readonly store: CodeStore
  readonly curve: signature.Ed25519
}

export interface Redeeming {
  /**
   * The answer to a complete request, `redeemMillis` after the call: a token, or a dummy that verifies nowhere.
   * @throws LindungError format for a wrong length, rate-limited when too many wait, full when nothing can be stored
   */
  redeem(request: Uint8Array): Promise<Uint8Array>
  /** Resolves when no request waits any more. */
  idle(): Promise<void>
}

type Outcome = { readonly grant: Grant | undefined } | { readonly failed: unknown }

/** HMAC(hash key, label ‖ commitment): what is kept of a commitment. */
const commitmentHash = (hashKey: Uint8Array, commitment: Uint8Array): Uint8Array =>
  hmacSha256(hashKey, concat(ascii("lindung/authority/commitment/1"), commitment))

/** Last day of a token: nothing of the moment of redeeming is in it, so a repeated request gets the same bytes. */
const expiryDay = (expiresHour: number, tokenValidDays: number): number =>
  time.day(endOf(expiresHour) - 1) + tokenValidDays

/**
 * One path for every code: hash, gather, one transaction in which each request rewrites one row, one signature, and
 * the answer at a fixed time after the request was complete (not after its first byte, or a sender that delays the
 * last one would see how long the work takes).
 */
export function redeeming(config: AuthorityConfig, ports: RedeemPorts): Redeeming {
  const { clock, monotonic, wait, random, store, curve } = ports
  const { hashKey, signingSeed, redeemMillis, tokenValidDays } = config
  const mechanism = MECHANISMS[config.mechanism]
  // A dummy names the real key as well, so that a phone spends the time of a verification on either.
  const publicKey = curve.verifyKey(signingSeed)
  const signer: signature.Ed25519 = { ...curve, verifyKey: () => publicKey }
  const decoySeed = random.bytes(signature.SEED_BYTES)
  const gatherMillis = Math.min(GATHER_MILLIS, redeemMillis / 4)
  let gathered: { attempt: Attempt; settle: (outcome: Outcome) => void }[] = []
  let writing: Promise<void> = Promise.resolve()
  let prunedHour = -1
  const waiting = new Set<Promise<unknown>>()

  async function flush(): Promise<void> {
    const taken = gathered
    gathered = []
    try {
      const hour = hourOf(clock())
      if (hour !== prunedHour) await store.prune(hour)
      prunedHour = hour
      const grants = await store.redeem(
        taken.map(({ attempt }) => attempt),
        hour,
      )
      for (const [i, { settle }] of taken.entries()) settle({ grant: grants[i] })
    } catch (failed) {
      for (const { settle } of taken) settle({ failed })
    }
  }

  function look(attempt: Attempt): Promise<Outcome> {
    if (gathered.length === 0) {
      const gather = wait(gatherMillis)
      writing = writing.then(() => gather).then(flush)
    }
    return new Promise(settle => gathered.push({ attempt, settle }))
  }

  function sign(grant: Grant | undefined, commitment: Uint8Array): Uint8Array {
    const today = time.day(clock())
    const made: TokenFacts = {
      mechanism: mechanism.number,
      contagiousFromDay: today,
      expiryDay: today + tokenValidDays,
      commitment,
    }
    const real = grant && { ...grant, expiryDay: expiryDay(grant.expiresHour, tokenValidDays), commitment }
    return signToken(real ?? made, real === undefined ? decoySeed : signingSeed, signer)
  }

  async function answer(request: Uint8Array): Promise<Uint8Array> {
    const due = monotonic() + redeemMillis
    const { code, commitment } = parseRedeem(request)
    const outcome = await look({
      code: mechanism.rowKey(hashKey, code, commitment),
      commitment: commitmentHash(hashKey, commitment),
    })
    const token = "failed" in outcome ? undefined : sign(outcome.grant, commitment)
    await wait(Math.max(0, due - monotonic()))
    if (token === undefined)
      throw new LindungError("full", "the code store did not take the request", {
        cause: (outcome as { failed: unknown }).failed,
      })
    return token
  }

  return {
    async redeem(request) {
      if (waiting.size >= config.maxWaiting) throw new LindungError("rate-limited", "too many requests wait")
      const answered = answer(request)
      const held = answered.catch(() => undefined)
      waiting.add(held)
      void held.finally(() => waiting.delete(held))
      return answered
    },
    async idle() {
      await Promise.all(waiting)
    },
  }
}
