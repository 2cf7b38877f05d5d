import type { Cancel } from "../protocol/index.ts"

/** Tells whoever waits that something is different now. */
export class Changes {
  #count = 0
  readonly #waiting = new Set<() => void>()

  get count(): number {
    return this.#count
  }

  tell(): void {
    this.#count++
    for (const wake of this.#waiting) wake()
  }

  /** Resolves once something has changed since `seen`, or the signal aborts. */
  after(seen: number, signal: Cancel): Promise<void> {
    if (this.#count !== seen || signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener("abort", wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener("abort", wake)
    })
  }
}
