import { parentPort, workerData } from "node:worker_threads"
import { kernel } from "../../crypto/index.ts"
import type { Answer, Request } from "./messages.ts"

/** Parts of a match that are told: often enough for a bar, rarely enough to cost nothing. */
const TOLD = 64

const port = parentPort
if (port === null) throw new Error("this module is the body of a worker thread")
const { backend } = workerData as { backend?: kernel.BackendName }
const matcher = kernel.createMatcher(backend === undefined ? {} : { backend })
type AnySearch = kernel.Search<kernel.PublishedKeys, kernel.Designs[kernel.Design]["found"]>
const searches = new Map<number, AnySearch>()
const answer = (message: Answer): void => port.postMessage(message)

function match(search: AnySearch, keys: kernel.PublishedKeys, cancelled: Int32Array): Answer {
  const steps = search.match(keys)
  let told = 0
  for (;;) {
    const step = steps.next()
    if (step.done) return { is: "done", found: step.value }
    if (Atomics.load(cancelled, 0) !== 0) return { is: "done", found: [] }
    if (step.value * TOLD < told + 1) continue
    told = Math.floor(step.value * TOLD)
    answer({ is: "part", part: step.value })
  }
}

function perform(request: Request): Answer {
  if (request.is === "open")
    searches.set(request.search, matcher.search(request.design, request.observations, request.options))
  else if (request.is === "close") searches.delete(request.search)
  else return match(searches.get(request.search)!, request.keys, request.cancelled)
  return { is: "done", found: [] }
}

port.on("message", (request: Request) => {
  try {
    answer(perform(request))
  } catch (error) {
    answer({ is: "failed", error })
  }
})
