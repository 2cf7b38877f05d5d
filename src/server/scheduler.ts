import { time } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"

/** Runs something once after a delay. The server's only timers are set in this file. */
export type After = (milliseconds: number, run: () => void) => void

export const after: After = (milliseconds, run) => {
  setTimeout(run, milliseconds)
}

/** Lets whatever waits for the event loop go first: long work calls it every few milliseconds. */
export const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export interface Turns {
  /** @throws LindungError state after `end` */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** Takes no more work, and resolves when all that was taken is done. */
  end(): Promise<void>
}

/** Work that must not overlap, in the order it came; what fails does not hold up the rest. */
export function oneAtATime(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let isEnded = false
  return {
    async run(work) {
      if (isEnded) throw new LindungError("state", "it is closed")
      const turn = last.then(work)
      last = turn.catch(() => undefined)
      return turn
    },
    async end() {
      isEnded = true
      await last
    },
  }
}

// A sleeping machine wakes with its clock ahead of a long timer, so none is longer than this.
const LONGEST_SLEEP_SECONDS = 60
/** Uploads that were on their way at the end of a bucket have been answered by then. */
const SETTLE_SECONDS = 1

/**
 * Publishes every bucket soon after it is over, and at once what is overdue.
 * @param publishDue publishes what is due; a failure is reported and tried again at the next turn
 * @param settleSeconds after the end of a bucket
 * @param speed seconds of the clock in one of the machine's: more than 1 where a world is played faster
 * @returns stops it
 */
export function publishOnTime(
  publishDue: () => Promise<unknown>,
  clock: () => number,
  onError: (error: unknown) => void,
  settleSeconds: number = SETTLE_SECONDS,
  speed = 1,
): () => void {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const turn = async (): Promise<void> => {
    await publishDue().catch(onError)
    if (stopped) return
    const now = clock()
    const next = time.bucketStart(time.bucket(now) + 1) + settleSeconds
    timer = setTimeout(() => void turn(), 1000 * Math.min((next - now) / speed, LONGEST_SLEEP_SECONDS))
  }
  void turn()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

/** Clocks are set by so much without anybody's mistake. */
const STEADY_SECONDS = 300
/** A machine that slept has a clock that jumped and is right. */
const BELIEVE_AFTER_SECONDS = 3600

/**
 * Publishing that waits while the wall clock has jumped against the one that only counts. A bucket that is published too
 * early takes no uploads any more: a clock that is a day ahead for a minute would cost a day. A jump is believed when it
 * has lasted for an hour as it is: a clock that goes on jumping has to stand still first. Taken back, it is forgotten.
 * @returns rejects with LindungError clock-skew while it waits
 */
export function steadily<Result>(
  publishDue: () => Promise<Result>,
  { clock, monotonic }: { readonly clock: () => number; readonly monotonic: () => number },
): () => Promise<Result> {
  const offset = (): number => clock() - monotonic()
  let believed = offset()
  let jumped: { readonly offset: number; readonly since: number } | undefined
  return async () => {
    const now = offset()
    const jump = now - believed
    if (Math.abs(jump) > STEADY_SECONDS) {
      if (jumped === undefined || Math.abs(now - jumped.offset) > STEADY_SECONDS)
        jumped = { offset: now, since: monotonic() }
      if (monotonic() - jumped.since < BELIEVE_AFTER_SECONDS)
        throw new LindungError("clock-skew", `the clock has jumped by ${Math.round(jump)} s: publishing waits for it`)
    }
    believed = now
    jumped = undefined
    return publishDue()
  }
}
