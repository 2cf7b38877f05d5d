import { type Random, time } from "../../crypto/index.ts"
import { Refusal } from "../refusal.ts"
import type { PasswordHash } from "./argon2.ts"
import type { InLane } from "./lanes.ts"
import type { Passkeys, WebauthnJson } from "./passkeys.ts"
import { canonical, requireStrong } from "./password.ts"
import type { Recovery } from "./recovery.ts"
import type { Sessions, Who } from "./sessions.ts"
import { type DeviceOf, hasFactor, type Signed, type SigningIn } from "./sign-in.ts"
import type { AccountStore, User } from "./store.ts"
import type { Totp } from "./totp.ts"

const MAX_PASSKEYS = 10

interface Enrolled {
  /** With the first factor. */
  readonly recoveryCodes: string[] | null
}

/** What users change about themselves. Whoever only took over a session cannot: the password is asked for again. */
export interface OwnAccount {
  /** @throws Refusal credentials, weak-password */
  changePassword(who: Who, current: string, next: string, device: DeviceOf): Promise<Signed>
  /** Begins to set up an authenticator. */
  enrolTotp(who: Who, password: string): Promise<{ readonly secret: string; readonly uri: string }>
  /** @throws Refusal conflict when nothing was begun, credentials for a wrong code */
  confirmTotp(who: Who, code: string): Promise<Enrolled>
  askPasskey(who: Who, password: string): Promise<WebauthnJson>
  /** @throws Refusal credentials for an answer that is not right, conflict for one passkey too many */
  enrolPasskey(who: Who, label: string, response: WebauthnJson): Promise<Enrolled>
  /** @throws Refusal conflict without a factor: recovery codes stand in for one */
  newRecoveryCodes(who: Who, password: string): Promise<string[]>
  /** @throws Refusal not-found; conflict for the last one of a role that needs one */
  remove(who: Who, password: string, which: "totp" | { readonly passkey: string }): Promise<User>
  signOutEverywhere(who: Who): Promise<void>
}

export interface OwnAccountPorts {
  readonly clock: () => number
  readonly random: Random
  readonly store: AccountStore
  readonly passwords: PasswordHash
  readonly inLane: InLane
  readonly sessions: Sessions
  readonly totp: Totp
  readonly passkeys: Passkeys
  readonly recovery: Recovery
  readonly signIn: SigningIn
  readonly needsFactor: (user: User) => boolean
  readonly record: (actor: string, action: string) => Promise<void>
}

export function ownAccount(ports: OwnAccountPorts): OwnAccount {
  const { clock, random, store, sessions, signIn, record } = ports

  async function change(who: Who, by: (user: User) => User | undefined): Promise<User> {
    const changed = await store.changeUser(who.user.name, by)
    if (changed === undefined) throw new Refusal("not-found")
    return changed
  }

  /** Recovery codes come with the first factor. */
  async function addFactor(who: Who, action: string, add: (user: User) => User): Promise<Enrolled> {
    let codes: string[] | null = null
    await change(who, user => {
      const made = hasFactor(user) ? undefined : ports.recovery.fresh(random)
      codes = made?.codes ?? null
      return { ...add(user), recovery: made?.hashes ?? user.recovery }
    })
    await record(who.user.name, action)
    return { recoveryCodes: codes }
  }

  return {
    async changePassword(who, current, next, device) {
      await signIn.confirm(who, current)
      requireStrong(next, who.user.name, current)
      const passwordHash = await ports.inLane("known", () => ports.passwords.hash(canonical(next)))
      const changed = await change(who, user => ({ ...user, passwordHash, oneTimeUntil: null, epoch: user.epoch + 1 }))
      await record(who.user.name, "change-password")
      return signIn.renew(changed, device, who)
    },

    async enrolTotp(who, password) {
      await signIn.confirm(who, password)
      const { sealed, secret, uri } = ports.totp.fresh(who.user.name, random)
      await sessions.change(who, { pendingTotp: sealed })
      return { secret, uri }
    },

    async confirmTotp(who, code) {
      const { pendingTotp: sealed } = who.session
      if (sealed === null) throw new Refusal("conflict")
      const lastStep = ports.totp.accept(sealed, code, clock(), 0)
      if (lastStep === undefined) throw new Refusal("credentials")
      await sessions.change(who, { pendingTotp: null })
      return addFactor(who, "enrol-totp", user => ({ ...user, totp: { sealed, lastStep } }))
    },

    async askPasskey(who, password) {
      await signIn.confirm(who, password)
      if (who.user.passkeys.length >= MAX_PASSKEYS) throw new Refusal("conflict")
      const { options, challenge } = await ports.passkeys.askToEnrol(who.user, random)
      await sessions.change(who, { challenge })
      return options
    },

    async enrolPasskey(who, label, response) {
      const challenge = await sessions.takeChallenge(who.session)
      if (challenge === null) throw new Refusal("conflict")
      const made = await ports.passkeys.enrol(response, challenge)
      if (made === undefined) throw new Refusal("credentials")
      return addFactor(who, "enrol-passkey", user => {
        const isKnown = user.passkeys.some(({ id }) => id === made.id)
        if (isKnown || user.passkeys.length >= MAX_PASSKEYS) throw new Refusal("conflict")
        return { ...user, passkeys: [...user.passkeys, { ...made, label, addedDay: time.day(clock()) }] }
      })
    },

    async newRecoveryCodes(who, password) {
      await signIn.confirm(who, password)
      const { codes, hashes } = ports.recovery.fresh(random)
      await change(who, user => {
        if (!hasFactor(user)) throw new Refusal("conflict")
        return { ...user, recovery: hashes }
      })
      await record(who.user.name, "new-recovery-codes")
      return codes
    },

    async remove(who, password, which) {
      await signIn.confirm(who, password)
      const changed = await change(who, user => {
        const passkeys = user.passkeys.filter(({ id }) => which === "totp" || id !== which.passkey)
        if (which === "totp" ? user.totp === null : passkeys.length === user.passkeys.length) return undefined
        const without = { ...user, passkeys, totp: which === "totp" ? null : user.totp }
        if (hasFactor(without)) return without
        if (ports.needsFactor(user)) throw new Refusal("conflict")
        return { ...without, recovery: [] }
      })
      await record(who.user.name, "remove-second-factor")
      return changed
    },

    async signOutEverywhere(who) {
      await change(who, user => ({ ...user, epoch: user.epoch + 1 }))
      await record(who.user.name, "sign-out-everywhere")
    },
  }
}
