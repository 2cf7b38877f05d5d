import { fork } from "node:child_process"
import { ERRORS, type ErrorCode, LindungError } from "../../protocol/index.ts"
import type { OpenedBucket, OpeningJob, Strongroom, WrappedKey } from "../../server/index.ts"

/*
 * The private keys of buckets, and what was in envelopes, are in the memory of a process that lives for one call: a
 * garbage collector moves and copies what it likes, and hands back memory without wiping it. The system wipes the
 * pages of a process that has ended before anybody else gets them.
 */

/** What is said to the process, and by it. */
export type Order =
  | { readonly do: "keys"; readonly firstBucket: number; readonly wrappingKey: Uint8Array }
  | { readonly do: "open"; readonly directory: string; readonly job: OpeningJob }
  | { readonly do: "go on"; readonly spent: readonly Uint8Array[] }
export type Answer =
  | { readonly is: "keys"; readonly keys: { file: Uint8Array; keys: WrappedKey[] } }
  | { readonly is: "asking"; readonly tags: readonly Uint8Array[] }
  | { readonly is: "opened"; readonly opened: OpenedBucket }
  | { readonly is: "failed"; readonly code: string | undefined; readonly message: string }

const CHILD = new URL("child.js", import.meta.url)
type Result = Extract<Answer, { is: "keys" | "opened" }>

/** @param reply what to say to a question */
function inOwnProcess(order: Order, reply: (tags: readonly Uint8Array[]) => Promise<Order>): Promise<Result> {
  return new Promise((resolve, reject) => {
    // Nothing of this process's environment: long-term secrets may be in it.
    const child = fork(CHILD, {
      serialization: "advanced",
      env: {},
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    })
    let answer: Answer | undefined
    const say = (what: Order): void => {
      child.send(what, error => error && child.kill())
    }
    child.on("error", reject)
    child.on("message", (said: Answer) => {
      if (said.is !== "asking") answer = said
      else
        reply(said.tags).then(say, error => {
          answer = { is: "failed", code: undefined, message: String(error) }
          child.kill()
        })
    })
    // Not before it has ended: then its memory is gone.
    child.on("close", (code, signal) => {
      if (answer?.is === "keys" || answer?.is === "opened") resolve(answer)
      else reject(failure(answer, signal ?? `exit code ${code}`))
    })
    say(order)
  })
}

function failure(answer: Answer | undefined, ending: string): Error {
  if (answer?.is !== "failed") return new Error(`the process that opens envelopes ended by ${ending}`)
  const { code, message } = answer
  return code !== undefined && code in ERRORS ? new LindungError(code as ErrorCode, message) : new Error(message)
}

/** @param directory the envelopes' */
export function ownProcess(directory: string): Strongroom {
  const noQuestions = async (): Promise<Order> => ({ do: "go on", spent: [] })
  return {
    async newKeys(firstBucket, wrappingKey) {
      const answer = await inOwnProcess({ do: "keys", firstBucket, wrappingKey }, noQuestions)
      return (answer as Extract<Answer, { is: "keys" }>).keys
    },
    async open(job, spent) {
      const answer = await inOwnProcess({ do: "open", directory, job }, async tags => ({
        do: "go on",
        spent: await spent(tags),
      }))
      return (answer as Extract<Answer, { is: "opened" }>).opened
    },
  }
}
