import { Refused } from "./api.ts"

/** One thing at a time: a second click while the first is at work does nothing. */
export class Task {
  #busy = false
  #refused: Refused | undefined
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get busy(): boolean {
    return this.#busy
  }

  /** Why the last attempt failed; nothing while one is at work. */
  get refused(): Refused | undefined {
    return this.#refused
  }

  /** @returns whether it was done */
  async run(work: () => Promise<void>): Promise<boolean> {
    if (this.#busy) return false
    this.#busy = true
    this.#refused = undefined
    this.#changed()
    try {
      await work()
      return true
    } catch (error) {
      this.#refused = error instanceof Refused ? error : new Refused("server")
      return false
    } finally {
      this.#busy = false
      this.#changed()
    }
  }
}
