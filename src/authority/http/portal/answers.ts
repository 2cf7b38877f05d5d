import type { Accounts } from "../../accounts/accounts.ts"
import { ACTIONS, may } from "../../accounts/roles.ts"
import type { Who } from "../../accounts/sessions.ts"
import type { User } from "../../accounts/store.ts"
import { MAX_DAYS_BACK } from "../../contagious.ts"
import type { Desk } from "../../desk.ts"

const MILLIS_PER_DAY = 86_400_000
const SECONDS_PER_DAY = 86_400
const DATE_LETTERS = 10

/** YYYY-MM-DD of a day since 1970. */
export const dateOf = (day: number): string => new Date(day * MILLIS_PER_DAY).toISOString().slice(0, DATE_LETTERS)

export const dayOf = (unix: number): number => Math.floor(unix / SECONDS_PER_DAY)

/** The last date that is not still to come where the deployment is: there it may be tomorrow already. */
function lastDate(desk: Desk, today: number): string {
  try {
    desk.contagiousDayOf(dateOf(today + 1))
    return dateOf(today + 1)
  } catch {
    return dateOf(today)
  }
}

export interface SessionFacts {
  readonly accounts: Accounts
  readonly desk: Desk
  readonly hasSms: boolean
  readonly now: number
  readonly staffNow: number
}

/** What `GET /session` and every route that changes the session answer. */
export function sessionAnswer(who: Who | undefined, { accounts, desk, hasSms, now, staffNow }: SessionFacts) {
  if (who === undefined) return { is: "signed-out" as const }
  const { user, session } = who
  const left = accounts.sessions.left(session, staffNow)
  if (session.stage === "half") {
    const factors = [
      ...(user.totp === null ? [] : ["totp" as const]),
      ...(user.passkeys.length === 0 ? [] : ["passkey" as const]),
      ...(user.recovery.length === 0 ? [] : ["recovery" as const]),
    ]
    return { is: "half" as const, factors, secondsLeft: left.all }
  }
  const today = dayOf(now)
  return {
    is: "signed-in" as const,
    name: user.name,
    role: user.role,
    may: ACTIONS.filter(action => may(user.role, action)),
    mustChangePassword: user.oneTimeUntil !== null,
    mustEnrol: accounts.mustEnrol(user),
    training: session.training,
    idleSecondsLeft: left.idle,
    secondsLeft: left.all,
    today: lastDate(desk, today),
    earliestDay: dateOf(today - MAX_DAYS_BACK),
    mechanism: desk.mechanism,
    sms: hasSms,
  }
}

export const factorsAnswer = ({ totp, passkeys, recovery }: User) => ({
  totp: totp !== null,
  passkeys: passkeys.map(({ id, label, addedDay }) => ({ id, label, addedOn: dateOf(addedDay) })),
  recoveryCodes: recovery.length,
})

export const userAnswer = (user: User) => ({
  name: user.name,
  role: user.role,
  disabled: user.disabled,
  hasOneTimePassword: user.oneTimeUntil !== null,
  totp: user.totp !== null,
  passkeys: user.passkeys.length,
  recoveryCodes: user.recovery.length,
  createdOn: dateOf(user.createdDay),
  lastSignInOn: user.lastSignInDay === null ? null : dateOf(user.lastSignInDay),
})
