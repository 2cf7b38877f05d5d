import { Refusal } from "../refusal.ts"

/** Who waits for a hash: a device or session that is known, an API key, or anybody at all. In this order they are served. */
const LANES = ["known", "key", "unknown"] as const
export type Lane = (typeof LANES)[number]

export type InLane = <T>(lane: Lane, work: () => Promise<T>) => Promise<T>

/**
 * Lets so much expensive work run at a time; what comes meanwhile waits in its lane, and is refused when that is full. So a
 * flood from strangers costs a bounded share of the machine, and delays who is known by one piece of work at most.
 */
export function lanes({ running, waiting }: { readonly running: number; readonly waiting: number }): InLane {
  const queues: Record<Lane, (() => void)[]> = { known: [], key: [], unknown: [] }
  let free = running

  function next(): void {
    const lane = LANES.find(name => queues[name].length > 0)
    if (lane === undefined) free++
    else queues[lane].shift()!()
  }

  return async (lane, work) => {
    if (free > 0) free--
    else if (queues[lane].length >= waiting) throw new Refusal("busy", { retryAfterSeconds: 1 })
    else await new Promise<void>(turn => queues[lane].push(turn))
    try {
      return await work()
    } finally {
      next()
    }
  }
}
