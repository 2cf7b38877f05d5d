import { fromHex, hex, type Random, sha256 } from "../../crypto/index.ts"
import { Refusal } from "../refusal.ts"
import type { AccountStore, Session, User } from "./store.ts"

const ID_BYTES = 32
const COOKIE = new RegExp(`^[0-9a-f]{${2 * ID_BYTES}}$`)
/** The second factor is owed so soon. */
export const HALF_SECONDS = 300
/** Use is written down no more often than this. */
const TOUCH_SECONDS = 60

/** Nothing finer is kept of when somebody worked. */
const minuteOf = (now: number): number => TOUCH_SECONDS * Math.floor(now / TOUCH_SECONDS)

/** A request's user and session. */
export interface Who {
  readonly user: User
  readonly session: Session
}

export interface SessionTimes {
  readonly idleSeconds: number
  readonly longestSeconds: number
}

export interface Sessions {
  /** A session under a fresh id. @returns the cookie's value, which is kept nowhere */
  begin(user: User, stage: Session["stage"], now: number): Promise<{ cookie: string; who: Who }>
  /** Whose the cookie is; undefined when there is no such session, or none any more. */
  find(cookie: string | undefined, now: number): Promise<Who | undefined>
  /** The session was used. */
  touch(who: Who, now: number): Promise<void>
  /** @throws Refusal signed-out when it ended meanwhile */
  change(who: Who, change: Partial<Pick<Session, "training" | "challenge" | "pendingTotp">>): Promise<Who>
  /** The challenge that was kept, which is then forgotten: each is for one answer, right or wrong. */
  takeChallenge(session: Session): Promise<string | null>
  /** False when it had ended before. */
  end(session: Session): Promise<boolean>
  /** Seconds until it ends when it is not used, and in any case. */
  left(session: Session, now: number): { readonly idle: number; readonly all: number }
  prune(now: number): Promise<void>
}

/** Sessions by a random id, of which only the hash is kept: who reads the store cannot take one over. */
export function sessions(store: AccountStore, random: Random, { idleSeconds, longestSeconds }: SessionTimes): Sessions {
  const idOf = (cookie: string): string => hex(sha256(fromHex(cookie)))
  const longest = (stage: Session["stage"]): number => (stage === "half" ? HALF_SECONDS : longestSeconds)
  const left: Sessions["left"] = ({ stage, startedAt, seenAt }, now) => {
    const all = Math.max(0, Math.ceil(startedAt + longest(stage) - now))
    return { idle: Math.min(all, Math.max(0, Math.ceil(seenAt + idleSeconds - now))), all }
  }

  return {
    async begin(user, stage, now) {
      const bytes = random.bytes(ID_BYTES)
      const cookie = hex(bytes)
      const session: Session = {
        id: idOf(cookie),
        user: user.name,
        stage,
        epoch: user.epoch,
        startedAt: Math.floor(now),
        seenAt: minuteOf(now),
        training: false,
        challenge: null,
        pendingTotp: null,
      }
      await store.addSession(session)
      return { cookie, who: { user, session } }
    },

    async find(cookie, now) {
      if (cookie === undefined || !COOKIE.test(cookie)) return undefined
      const session = await store.session(idOf(cookie))
      if (session === undefined) return undefined
      const user = await store.user(session.user)
      const isGood = user !== undefined && !user.disabled && user.epoch === session.epoch && left(session, now).idle > 0
      if (isGood) return { user, session }
      await store.removeSession(session.id)
      return undefined
    },

    async touch({ session }, now) {
      if (now - session.seenAt < TOUCH_SECONDS) return
      await store.changeSession(session.id, one => ({ ...one, seenAt: minuteOf(now) }))
    },

    async change({ user, session }, change) {
      const changed = await store.changeSession(session.id, one => ({ ...one, ...change }))
      if (changed === undefined) throw new Refusal("signed-out")
      return { user, session: changed }
    },

    async takeChallenge({ id }) {
      let taken: string | null = null
      await store.changeSession(id, one => {
        taken = one.challenge
        return { ...one, challenge: null }
      })
      return taken
    },

    end: session => store.removeSession(session.id),
    left,
    prune: now => store.pruneSessions(now - longestSeconds, now - idleSeconds),
  }
}
