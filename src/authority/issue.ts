import { ascii, code as codes, type Random } from "../crypto/index.ts"
import { LindungError, parseTest } from "../protocol/index.ts"
import { auditFacts } from "./audit.ts"
import type { AuthorityConfig } from "./config.ts"
import { requireContagiousDay } from "./contagious.ts"
import { endHour, endOf, hourOf } from "./hours.ts"
import { MECHANISMS, testHash } from "./mechanism.ts"
import { type CodeRow, type CodeStore, KnownCode } from "./store/store.ts"

/** What a code is to say. */
export interface IssueOrder {
  /** Day since 1970, UTC. Simple: needed. Activated: absent, since the day comes with the activation. */
  readonly contagiousFromDay?: number
}

export interface IssuedCode {
  /** 14 symbols, without separators; shown once and kept nowhere. */
  readonly code: string
  /** The same in groups, to be read aloud. */
  readonly grouped: string
  /** Absent: the code is dead until it is activated. */
  readonly contagiousFromDay?: number
  /** Unix seconds; always a full hour. Of a dead code: until when it may be activated. */
  readonly expiresAt: number
}

export interface ActivateOrder {
  /** As somebody typed it. */
  readonly code: string
  readonly contagiousFromDay: number
}

export interface SignOrder {
  /** The text that the phone showed at the test (`encodeTest`). */
  readonly test: string
  readonly contagiousFromDay: number
}

/** What came of an activation or a signature. */
export interface Permission {
  readonly contagiousFromDay: number
  /** Unix seconds until which the phone can fetch its token; always a full hour. */
  readonly expiresAt: number
}

/** The verbs of codes, as `Authority` and `Desk` describe them, at a moment in unix seconds. */
export interface Issuing {
  issue(order: IssueOrder, by: string, now: number): Promise<IssuedCode>
  activate(order: ActivateOrder, by: string, now: number): Promise<Permission>
  signCommitment(order: SignOrder, by: string, now: number): Promise<Permission>
  revoke(given: string, by: string, now: number): Promise<boolean>
}

type IssuingConfig = Pick<
  AuthorityConfig,
  "mechanism" | "hashKey" | "codeValidHours" | "activationHours" | "testValidHours"
>

export function issuing(
  { mechanism: name, hashKey, codeValidHours, activationHours, testValidHours }: IssuingConfig,
  { store, random }: { readonly store: CodeStore; readonly random: Random },
): Issuing {
  const mechanism = MECHANISMS[name]

  function requireMechanism(isRight: boolean, what: string): void {
    if (!isRight) throw new LindungError("state", `mechanism ${name} does not ${what}`)
  }

  function keyOf(typed: string): Uint8Array {
    const symbols = codes.parse(typed)
    if (symbols === undefined) throw new LindungError("proof-invalid", "the code has a typing error")
    return mechanism.rowKey(hashKey, ascii(symbols), new Uint8Array(0))
  }

  function keyOfTest(text: string): Uint8Array {
    const { commitment, lock } = parseTest(text)
    return testHash(hashKey, commitment, lock)
  }

  return {
    async issue(order, by, now) {
      requireMechanism(mechanism.codes !== "none", "give codes")
      const { contagiousFromDay, expiresHour } = termsOf(
        order,
        { mechanism: name, codeValidHours, testValidHours },
        now,
      )
      const fresh = codes.generate(random)
      const row: CodeRow = { code: keyOf(fresh), mechanism: mechanism.number, contagiousFromDay, expiresHour }
      await store.add([row], auditFacts(by, "issue", now))
      return issuedCode(fresh, contagiousFromDay, expiresHour)
    },

    async activate({ code, contagiousFromDay }, by, now) {
      requireMechanism(mechanism.codes === "dead", "activate codes")
      requireContagiousDay(contagiousFromDay, now)
      const expiresHour = endHour(now, activationHours)
      const grant = { contagiousFromDay, expiresHour }
      if (!(await store.activate(keyOf(code), grant, hourOf(now), auditFacts(by, "activate", now))))
        throw new LindungError("proof-invalid", "there is no code of this kind that waits for its activation")
      return { contagiousFromDay, expiresAt: endOf(expiresHour) }
    },

    async signCommitment({ test, contagiousFromDay }, by, now) {
      requireMechanism(mechanism.codes === "none", "sign what a phone shows at the test")
      requireContagiousDay(contagiousFromDay, now)
      const expiresHour = endHour(now, codeValidHours)
      const row: CodeRow = { code: keyOfTest(test), mechanism: mechanism.number, contagiousFromDay, expiresHour }
      await store.add([row], auditFacts(by, "sign", now)).catch(error => {
        if (error instanceof KnownCode) throw new LindungError("state", "this test was signed already")
        throw error
      })
      return { contagiousFromDay, expiresAt: endOf(expiresHour) }
    },

    async revoke(given, by, now) {
      const key = mechanism.codes === "none" ? keyOfTest(given) : keyOf(given)
      return store.revoke(key, auditFacts(by, "revoke", now))
    },
  }
}

/** What a code of this moment says, and when it ends. @throws RangeError for a day that cannot be, or must not be given */
export function termsOf(
  { contagiousFromDay }: IssueOrder,
  of: Pick<AuthorityConfig, "mechanism" | "codeValidHours" | "testValidHours">,
  now: number,
): { contagiousFromDay: number | undefined; expiresHour: number } {
  if (MECHANISMS[of.mechanism].codes === "dead") {
    if (contagiousFromDay !== undefined)
      throw new RangeError("contagiousFromDay: expected none, since the day comes with the activation")
    return { contagiousFromDay, expiresHour: endHour(now, of.testValidHours) }
  }
  if (contagiousFromDay === undefined) throw new RangeError("contagiousFromDay: expected a day, got none")
  requireContagiousDay(contagiousFromDay, now)
  return { contagiousFromDay, expiresHour: endHour(now, of.codeValidHours) }
}

export const issuedCode = (code: string, contagiousFromDay: number | undefined, expiresHour: number): IssuedCode => ({
  code,
  grouped: codes.group(code),
  ...(contagiousFromDay !== undefined && { contagiousFromDay }),
  expiresAt: endOf(expiresHour),
})
