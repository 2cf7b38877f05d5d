import { LindungError, type Scheduler, type TaskId } from "../../client/index.ts"
import type { HostClock } from "../clock.ts"

/** A task that is due again at once waits so long, in milliseconds of the machine. */
const LEAST_PAUSE_MS = 200

export interface Tasks extends Scheduler {
  /** From now on, what is due is run. */
  begin(run: (task: TaskId) => Promise<void>): void
  /** Nothing runs any more. @returns when what was running is over */
  end(): Promise<void>
}

/** The host's scheduler over timers, for a program that does not sleep: each task is run at its first moment. */
export function taskTimers(clock: HostClock, onError: (task: TaskId, error: unknown) => void): Tasks {
  const armed = new Map<TaskId, AbortController>()
  const running = new Set<Promise<void>>()
  let ended = false
  let run: ((task: TaskId) => Promise<void>) | undefined
  const pending = new Map<TaskId, number>()

  async function waitAndRun(task: TaskId, earliest: number, { signal }: AbortController): Promise<void> {
    await clock.sleep(LEAST_PAUSE_MS * clock.speed, signal)
    for (let left = earliest - clock.now(); left > 0 && !signal.aborted; left = earliest - clock.now())
      await clock.sleep(left, signal)
    if (signal.aborted || run === undefined) return
    armed.delete(task)
    const work = run(task).catch(error => {
      // What the world does not answer is in the client's state, with the time of the next attempt.
      if (!(error instanceof LindungError)) onError(task, error)
    })
    running.add(work)
    await work
    running.delete(work)
  }

  function start(task: TaskId, earliest: number): void {
    armed.get(task)?.abort()
    const waiting = new AbortController()
    armed.set(task, waiting)
    void waitAndRun(task, earliest, waiting)
  }

  return {
    async arm(task, { earliest }) {
      if (ended) return
      if (run === undefined) pending.set(task, earliest)
      else start(task, earliest)
    },
    async disarm(task) {
      pending.delete(task)
      armed.get(task)?.abort()
      armed.delete(task)
    },
    begin(doing) {
      run = doing
      for (const [task, earliest] of pending) start(task, earliest)
      pending.clear()
    },
    async end() {
      ended = true
      for (const waiting of armed.values()) waiting.abort()
      await Promise.all(running)
    },
  }
}
