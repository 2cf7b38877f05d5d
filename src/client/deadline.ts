import type { Cancel } from "../protocol/index.ts"
import { canceller } from "./cancel.ts"
import type { EpochMs, Ports } from "./ports.ts"

/**
 * The caller's signal, and the end of its time: a host that gives a task thirty seconds kills what takes longer. Where
 * the host cannot wait, the deadline is seen by work that looks up, and not by work that waits for the network.
 * @returns also what to call when the work is done
 */
export function untilDeadline(
  { clock, wait }: Pick<Ports, "clock" | "wait">,
  { signal, deadline }: { signal: Cancel; deadline?: EpochMs },
): { signal: Cancel; done: () => void } {
  if (deadline === undefined) return { signal, done: () => {} }
  const end = canceller()
  const stop = () => end.abort()
  if (signal.aborted) stop()
  signal.addEventListener("abort", stop)
  const left = Math.max(0, deadline - clock.now())
  const ends = clock.monotonic() + left
  void wait?.(left).then(stop)
  return {
    signal: {
      get aborted() {
        if (!end.aborted && clock.monotonic() >= ends) stop()
        return end.aborted
      },
      addEventListener: (type, listener) => end.addEventListener(type, listener),
      removeEventListener: (type, listener) => end.removeEventListener(type, listener),
    },
    done: () => signal.removeEventListener("abort", stop),
  }
}
