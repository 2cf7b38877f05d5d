import { type Random, time } from "../../crypto/index.ts"
import { Refusal } from "../refusal.ts"
import type { PasswordHash } from "./argon2.ts"
import type { Devices } from "./device.ts"
import type { InLane } from "./lanes.ts"
import type { Passkeys, WebauthnJson } from "./passkeys.ts"
import { canonical } from "./password.ts"
import type { Recovery } from "./recovery.ts"
import type { Sessions, Who } from "./sessions.ts"
import { type AccountStore, USER_NAME, type User } from "./store.ts"
import { type Throttle, throttle } from "./throttle.ts"
import type { Totp } from "./totp.ts"

const DAY = 86_400
const PASSWORD_TRIES = { free: 5, firstSeconds: 30, longestSeconds: 900, forgetSeconds: DAY }
/** Six digits can be guessed: at a try in twelve hours, with three good codes of 10⁶ at a time, in 450 years. */
const FACTOR_TRIES = { free: 5, firstSeconds: 60, longestSeconds: DAY / 2, forgetSeconds: 7 * DAY }

/** What the device keeps: the token of an earlier visit of this user. */
export type DeviceOf = (name: string) => string | undefined

/** What the browser is to keep from now on. */
export interface Signed {
  readonly who: Who
  readonly cookie: string
  /** With a whole session. */
  readonly device?: string
}

export interface SigningIn {
  /** @throws Refusal credentials (whatever was wrong), throttled, busy */
  password(name: string, password: string, device: DeviceOf, old: Who | undefined): Promise<Signed>
  totp(who: Who, code: string, device: DeviceOf): Promise<Signed>
  recovery(who: Who, code: string, device: DeviceOf): Promise<Signed>
  askPasskey(who: Who): Promise<WebauthnJson>
  passkey(who: Who, response: WebauthnJson, device: DeviceOf): Promise<Signed>
  /** A fresh session and a fresh device token: what came before it is worth nothing more. */
  renew(user: User, device: DeviceOf, old: Who): Promise<Signed>
  /** Asks who is signed in for the password again. @throws Refusal credentials, throttled, busy */
  confirm(who: Who, password: string): Promise<void>
}

export interface SigningInPorts {
  readonly clock: () => number
  readonly random: Random
  readonly store: AccountStore
  readonly passwords: PasswordHash
  readonly inLane: InLane
  readonly sessions: Sessions
  readonly devices: Devices
  readonly totp: Totp
  readonly passkeys: Passkeys
  readonly recovery: Recovery
  readonly record: (actor: string, action: string) => Promise<void>
}

export const hasFactor = ({ totp, passkeys }: User): boolean => totp !== null || passkeys.length > 0

/** @param decoyHash a hash of nobody's password: a name that does not exist takes the time of one that does */
export function signingIn(ports: SigningInPorts, decoyHash: string): SigningIn {
  const { clock, random, store, passwords, inLane, sessions, devices } = ports
  const passwordTries = throttle(PASSWORD_TRIES, random)
  const factorTries = throttle(FACTOR_TRIES, random)
  const today = (): number => time.day(clock())

  /** Strangers share one budget for a name; a device on which this user was signed in has its own. */
  function budget(user: Pick<User, "name" | "epoch">, device: DeviceOf): { key: string; isKnown: boolean } {
    const id = devices.recognise(user, device(user.name), today())
    return id === undefined ? { key: `name ${user.name}`, isKnown: false } : { key: `device ${id}`, isKnown: true }
  }

  function begin(tries: Throttle, key: string): void {
    const retryAfterSeconds = tries.begin(key, clock())
    if (retryAfterSeconds > 0) throw new Refusal("throttled", { retryAfterSeconds })
  }

  async function isPassword(lane: Parameters<InLane>[0], key: string, hash: string, given: string): Promise<boolean> {
    begin(passwordTries, key)
    try {
      return await inLane(lane, () => passwords.verify(hash, canonical(given)))
    } catch (error) {
      passwordTries.succeed(key)
      throw error
    }
  }

  async function whole(user: User, device: DeviceOf, old: Who): Promise<Signed> {
    const day = today()
    const id = devices.recognise(user, device(user.name), day)
    if (id !== undefined) for (const tries of [passwordTries, factorTries]) tries.forgive(`device ${id}`)
    // Of two answers to one half session, one counts.
    if (!(await sessions.end(old.session))) throw new Refusal("signed-out")
    const signedIn = (await store.changeUser(user.name, one => ({ ...one, lastSignInDay: day }))) ?? user
    const begun = await sessions.begin(signedIn, "full", clock())
    await ports.record(user.name, "sign-in")
    return { ...begun, device: devices.issue(signedIn, day, random, id) }
  }

  /** @param accept the user with the factor used up, or undefined when it was wrong */
  async function factor(who: Who, device: DeviceOf, accept: (user: User) => User | undefined): Promise<Signed> {
    const changed = await store.changeUser(who.user.name, accept)
    if (changed === undefined) throw new Refusal("credentials")
    return whole(changed, device, who)
  }

  return {
    async password(name, given, device, old) {
      const user = USER_NAME.test(name) ? await store.user(name) : undefined
      const { key, isKnown } = budget(user ?? { name: USER_NAME.test(name) ? name : "", epoch: 0 }, device)
      const isRight = await isPassword(isKnown ? "known" : "unknown", key, user?.passwordHash ?? decoyHash, given)
      const isOver = user !== undefined && user.oneTimeUntil !== null && clock() >= user.oneTimeUntil
      if (!isRight || user === undefined || user.disabled || isOver) throw new Refusal("credentials")
      passwordTries.succeed(key)
      if (old !== undefined) await sessions.end(old.session)
      const half = await sessions.begin(user, "half", clock())
      return hasFactor(user) ? half : whole(user, device, half.who)
    },

    async totp(who, code, device) {
      const { key } = budget(who.user, device)
      begin(factorTries, key)
      const now = clock()
      const signed = await factor(who, device, user => {
        const step = user.totp && ports.totp.accept(user.totp.sealed, code, now, user.totp.lastStep)
        return user.totp && step ? { ...user, totp: { ...user.totp, lastStep: step } } : undefined
      })
      factorTries.succeed(key)
      return signed
    },

    async recovery(who, code, device) {
      const signed = await factor(who, device, user => {
        const left = ports.recovery.use(user.recovery, code)
        return left && { ...user, recovery: left }
      })
      await ports.record(who.user.name, "recovery-code-used")
      return signed
    },

    async askPasskey(who) {
      const { options, challenge } = await ports.passkeys.ask(who.user, random)
      await sessions.change(who, { challenge })
      return options
    },

    async passkey(who, response, device) {
      const challenge = await sessions.takeChallenge(who.session)
      const used = challenge === null ? undefined : await ports.passkeys.accept(who.user, response, challenge)
      return factor(who, device, user => {
        const known = used && user.passkeys.find(({ id }) => id === used.id)
        if (used === undefined || known === undefined) return undefined
        return { ...user, passkeys: user.passkeys.map(one => (one.id === used.id ? used : one)) }
      })
    },

    async renew(user, device, old) {
      await sessions.end(old.session)
      const begun = await sessions.begin(user, "full", clock())
      const id = devices.recognise(old.user, device(user.name), today())
      return { ...begun, device: devices.issue(user, today(), random, id) }
    },

    async confirm({ user, session }, password) {
      const key = `session ${session.id}`
      if (!(await isPassword("known", key, user.passwordHash, password))) throw new Refusal("credentials")
      passwordTries.forgive(key)
    },
  }
}
