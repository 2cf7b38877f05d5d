import type { Clock, EpochMs, Radio, TaskId } from "lindung/client"

type Signal = Parameters<Radio["advertise"]>[1]

/** The browser's clock, or one that shows the same at a moment and runs faster from then on. */
export interface PageClock extends Clock {
  sleep(milliseconds: number, signal?: Signal): Promise<void>
}

/** @param accelerate such as `240@2026-05-08T10:00:00Z`; the servers need the same */
export function pageClock(accelerate = ""): PageClock {
  const [, speedText = "1", anchorText = "1970-01-01T00:00:00Z"] = /^([\d.]+)@(\S+)$/.exec(accelerate) ?? []
  const [speed, anchor] = [Number(speedText), Date.parse(anchorText)]
  return {
    now: () => (anchor + (Date.now() - anchor) * speed) as EpochMs,
    monotonic: () => performance.now() * speed,
    sleep: (milliseconds, signal) =>
      new Promise(resolve => {
        const wake = () => {
          clearTimeout(timer)
          signal?.removeEventListener("abort", wake)
          resolve()
        }
        const timer = setTimeout(wake, Math.min(milliseconds / speed, 2 ** 31 - 1))
        signal?.addEventListener("abort", wake)
        if (signal?.aborted) wake()
      }),
  }
}

/** Runs each task at its first moment, as long as the page is open. */
export function pageScheduler(clock: PageClock, run: (task: TaskId) => Promise<void>) {
  const armed = new Map<TaskId, AbortController>()
  async function wait(task: TaskId, earliest: number, { signal }: AbortController): Promise<void> {
    // A task that is due again at once must not keep the page from everything else.
    await new Promise(resolve => setTimeout(resolve, 200))
    while (!signal.aborted && clock.now() < earliest) await clock.sleep(earliest - clock.now(), signal)
    if (signal.aborted) return
    armed.delete(task)
    await run(task)
  }
  return {
    async arm(task: TaskId, { earliest }: { earliest: number }) {
      armed.get(task)?.abort()
      const waiting = new AbortController()
      armed.set(task, waiting)
      void wait(task, earliest, waiting)
    },
    async disarm(task: TaskId) {
      armed.get(task)?.abort()
      armed.delete(task)
    },
  }
}
