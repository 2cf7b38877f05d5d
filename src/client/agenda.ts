import { time } from "../crypto/index.ts"
import type { Action } from "./delivery.ts"
import type { EpochMs, Scheduler, TaskId } from "./ports.ts"
import { retryAt } from "./retry.ts"
import type { State } from "./state.ts"

/** How long after its first moment a task may be called and nothing is lost. */
const SLACK_SECONDS: Readonly<Record<TaskId, number>> = { sync: 3600, cover: 3600, rotate: 0, prune: 4 * 3600 }

export interface Agenda {
  readonly state: State
  readonly actions: readonly Action[]
  readonly minIntervalHours: number
  readonly now: number
  /** When what is broadcast has to change; undefined while nothing is. */
  readonly rotateAt: number | undefined
}

/**
 * The second from which a sync is due. One that failed does not count; one in the future was made before the clock was set
 * back, and must not make the phone wait for the time it once showed.
 * @param syncedAt when the last one that succeeded began
 */
export const syncDueAt = (syncedAt: number | undefined, now: number, intervalSeconds: number): number =>
  syncedAt === undefined || syncedAt > now ? 0 : syncedAt + intervalSeconds

/** How long after a store that could not be read the host is to try again. */
const UNREAD_SECONDS = 900

/** What is due where that cannot be read: everything, in a while. */
export const unreadTimes = (now: number): Record<TaskId, number> => {
  const at = now + UNREAD_SECONDS
  return { sync: at, cover: at, rotate: at, prune: at }
}

/** The second from which each task wants to run. Nothing is due on a phone that was never started. */
export function dueTimes({ state, actions, minIntervalHours, now, rotateAt }: Agenda): Partial<Record<TaskId, number>> {
  const { startedAt, syncedAt, prunedAt, coverAt, coverSeenAt = 0, retry } = state
  const due: Partial<Record<TaskId, number>> = {}
  if (startedAt === undefined && actions.length === 0) return due
  // A clock that was set back must not make the phone wait for the time it once showed.
  const past = (second: number) => Math.min(second, now)
  const noEarlier = (second: number, task: TaskId) => Math.max(second, retryAt({ retry }, task, now))
  due.sync = noEarlier(syncDueAt(syncedAt, now, minIntervalHours * 3600), "sync")
  // What may be kept is counted in days, so that something of the phone's has grown too old whenever a day begins.
  due.prune = (time.day(past(prunedAt ?? startedAt ?? 0)) + 1) * time.SECONDS_PER_DAY
  const steps = actions.map(({ dueAt }) => dueAt)
  const next = Math.min(...steps, coverAt === undefined ? Number.POSITIVE_INFINITY : coverSeenAt > now ? now : coverAt)
  if (Number.isFinite(next)) due.cover = noEarlier(next, "cover")
  if (rotateAt !== undefined) due.rotate = rotateAt
  return due
}

const ms = (second: number): EpochMs => Math.round(second * 1000) as EpochMs

/** Hands every due time to the host, and takes back those that are no more. */
export async function armAll(scheduler: Scheduler, due: Partial<Record<TaskId, number>>): Promise<void> {
  for (const task of ["sync", "cover", "rotate", "prune"] as const) {
    const second = due[task]
    if (second === undefined) await scheduler.disarm(task)
    else
      await scheduler.arm(task, {
        earliest: ms(second),
        latest: ms(second + SLACK_SECONDS[task]),
        network: task === "sync" || task === "cover",
      })
  }
}
