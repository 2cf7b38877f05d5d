import type { kernel } from "../crypto/index.ts"
import type { Cancel } from "../protocol/index.ts"
import { requireGoing } from "./transport.ts"

/** Called now and then in long work: lets others work, and throws when the caller gave up. */
export type Rest = () => Promise<void>

/** For work that nobody waits to end early. */
export const restless: Rest = async () => {}

/** @throws LindungError aborted */
export function restOf(pace: kernel.Pace, signal: Cancel): Rest {
  let began = pace.now()
  return async () => {
    requireGoing(signal)
    if (pace.now() - began < pace.stretchMs) return
    await pace.pause()
    began = pace.now()
    requireGoing(signal)
  }
}
