import { availableParallelism } from "node:os"
import { kernel } from "../../crypto/index.ts"
import { Thread } from "./thread.ts"

export interface WorkerOptions {
  /** threads; as many as the machine has processors for when it is left out */
  readonly workers?: number
  /** as in `kernel.createMatcher` */
  readonly backend?: kernel.BackendName
}

/** A matcher over worker threads, for `Ports.matcher`. */
export interface WorkerMatcher extends kernel.AsyncMatcher {
  readonly workers: number
  /** Ends the threads; what still runs is rejected. */
  close(): Promise<void>
}

/** A share is a multiple of what the kernel expands side by side, and at most what it holds at once. */
const LANES = 128
const LARGEST_SHARE = 4096
/** GAEN keys are sorted by rolling start within a share: the more there are, the fewer lanes stay empty. */
const LARGEST_GAEN_SHARE = 32_768

/**
 * Starts the threads. Each search has its tables in every thread; a batch is cut into shares, and a thread that is
 * done takes the next one.
 * @throws RangeError unless `workers` is a whole number from 1 to 64
 */
export function workerMatcher({ workers = availableParallelism(), backend }: WorkerOptions = {}): WorkerMatcher {
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new RangeError(`workers: expected a whole number from 1 to 64, got ${workers}`)
  const threads = Array.from({ length: workers }, () => new Thread(backend))
  let searches = 0
  return {
    workers,
    async search<D extends kernel.Design>(
      design: D,
      observations: kernel.Observations,
      options: kernel.SearchOptions = {},
    ) {
      const search = ++searches
      const heard = {
        identifiers: sharedBytes(observations.identifiers),
        times: sharedWords(observations.times),
      }
      await Promise.all(threads.map(thread => thread.ask({ is: "open", search, design, observations: heard, options })))
      return {
        match: (keys: kernel.PublishedKeys, matchOptions: kernel.MatchOptions = {}) =>
          match<kernel.Designs[D]["found"]>(threads, search, design, keys, matchOptions),
        async close() {
          await Promise.all(threads.map(thread => thread.ask({ is: "close", search })))
        },
      }
    },
    async close() {
      await Promise.all(threads.map(thread => thread.end()))
    },
  }
}

/** A copy that all threads see. */
function sharedBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength))
  copy.set(bytes)
  return copy
}

function sharedWords(words: Uint32Array): Uint32Array {
  const copy = new Uint32Array(new SharedArrayBuffer(words.byteLength))
  copy.set(words)
  return copy
}

/** Four shares or more for each thread, so that the last ones end at nearly the same time. */
function shareSize(count: number, threads: number, design: kernel.Design): number {
  const largest = design === "gaen" ? LARGEST_GAEN_SHARE : LARGEST_SHARE
  const shares = threads * Math.max(4, Math.ceil(count / (threads * largest)))
  return LANES * Math.ceil(count / shares / LANES)
}

async function match<Found extends { readonly key: number }>(
  threads: readonly Thread[],
  search: number,
  design: kernel.Design,
  keys: kernel.PublishedKeys,
  { cancelled, progress }: kernel.MatchOptions,
): Promise<Found[] | undefined> {
  kernel.requireBatch(design, keys)
  const count = keys.first.length
  const secretBytes = keys.secrets.length / Math.max(1, count)
  const share = Math.max(LANES, shareSize(count, threads.length, design))
  const secrets = sharedBytes(keys.secrets)
  const first = sharedWords(keys.first)
  const last = sharedWords(keys.last)
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const running = new Float64Array(threads.length)
  const found: Found[][] = []
  let begun = 0
  let done = 0
  let told = 0

  const tell = (): void => {
    const part = Math.min(1, (done + running.reduce((sum, keysDone) => sum + keysDone, 0)) / count)
    if (part > told) {
      told = part
      progress?.(part)
    }
    if (cancelled?.()) Atomics.store(stop, 0, 1)
  }

  async function work(thread: Thread, index: number): Promise<void> {
    while (begun < count && Atomics.load(stop, 0) === 0) {
      const from = begun
      const to = Math.min(count, from + share)
      begun = to
      const part = {
        secrets: secrets.subarray(secretBytes * from, secretBytes * to),
        first: first.subarray(from, to),
        last: last.subarray(from, to),
      }
      const answer = await thread.ask({ is: "match", search, keys: part, cancelled: stop }, inShare => {
        running[index] = inShare * (to - from)
        tell()
      })
      running[index] = 0
      done += to - from
      found.push((answer.found as readonly unknown[] as readonly Found[]).map(one => ({ ...one, key: one.key + from })))
      tell()
    }
  }

  try {
    await Promise.all(threads.map(work))
  } catch (error) {
    Atomics.store(stop, 0, 1)
    throw error
  }
  if (Atomics.load(stop, 0) !== 0) return undefined
  return found.flat().sort((a, b) => a.key - b.key)
}
