import { Worker } from "node:worker_threads"
import type { kernel } from "../../crypto/index.ts"
import type { Answer, Request } from "./messages.ts"

interface Waiting {
  resolve(answer: Answer & { is: "done" }): void
  reject(error: unknown): void
  part(part: number): void
}

/** A worker thread that answers requests one after the other. It keeps the process alive only while it works. */
export class Thread {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: unknown

  constructor(backend: kernel.BackendName | undefined) {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: { backend },
      // The matcher makes little garbage and keeps none: a young generation that grows would only be resident.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.unref()
    this.#worker.on("message", (answer: Answer) => this.#answered(answer))
    this.#worker.on("error", error => this.#fail(error))
    this.#worker.on("exit", () => this.#fail(new Error("the matching thread has ended")))
  }

  /** @param part told the part of a match that is done */
  ask(request: Request, part: (part: number) => void = () => {}): Promise<Answer & { is: "done" }> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      this.#waiting.push({ resolve, reject, part })
      this.#worker.ref()
      this.#worker.postMessage(request)
    })
  }

  #answered(answer: Answer): void {
    if (answer.is === "part") {
      this.#waiting[0]?.part(answer.part)
      return
    }
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#worker.unref()
    if (answer.is === "done") waiting?.resolve(answer)
    else waiting?.reject(answer.error)
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }

  async end(): Promise<void> {
    this.#fail(new Error("the matcher is closed"))
    await this.#worker.terminate()
  }
}
