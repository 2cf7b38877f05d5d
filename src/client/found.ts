import { LindungError } from "../protocol/index.ts"
import type { Clock, Impediment } from "./ports.ts"

/** What is wrong with the phone's store counts whether or not it listens. */
const STORAGE: ReadonlySet<Impediment["code"]> = new Set(["storage-failed", "key-lost"])

/** What the client itself finds wrong: the clock, the store, and the key of that. */
export class Found {
  readonly #clock: Clock
  readonly #impediments = new Map<Impediment["code"], Impediment>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Nothing can be read any more, and nothing is begun anew in silence. */
  get lost(): LindungError | undefined {
    if (!this.#impediments.has("key-lost")) return undefined
    return new LindungError("key-lost", "the key of the stored data is gone")
  }

  find(code: "clock-wrong" | "key-lost" | "storage-failed", { userCan }: LindungError): void {
    this.#impediments.set(code, { code, since: this.#impediments.get(code)?.since ?? this.#clock.now(), userCan })
  }

  mended(code: "clock-wrong" | "key-lost" | "storage-failed"): void {
    this.#impediments.delete(code)
  }

  /** What the store cannot do is a state, and no exception. @returns it */
  async tried(work: () => Promise<void>): Promise<LindungError | undefined> {
    try {
      await work()
      return undefined
    } catch (error) {
      if (!(error instanceof LindungError)) throw error
      this.find(error.code === "key-lost" ? "key-lost" : "storage-failed", error)
      return error
    }
  }

  /** All that is wrong. @param ofTracing what impedes tracing; undefined while it is off */
  with(ofTracing: readonly Impediment[] | undefined): readonly Impediment[] {
    const found = [...this.#impediments.values()]
    const all = ofTracing ? [...found, ...ofTracing] : found.filter(({ code }) => STORAGE.has(code))
    // Two things that failed for one reason are one thing to tell.
    return all.filter(({ code }, i) => all.findIndex(other => other.code === code) === i)
  }
}
