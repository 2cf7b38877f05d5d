import type { Cancel } from "../protocol/index.ts"
import type { Clock, EpochMs, Impediment } from "./ports.ts"

/** What may fail while tracing is on: a call of the radio, or keeping a secret that was made between two rotations. */
const CODES = {
  advertise: "advertising-refused",
  scan: "radio-failed",
  health: "radio-failed",
  keep: "storage-failed",
} as const satisfies Readonly<Record<string, Impediment["code"]>>
type Failing = keyof typeof CODES

/** A radio that gives up is a state of the phone and not an error of the caller: what has failed, and how it is begun again. */
export class Failures {
  readonly #clock: Clock
  /** Called when a failure has come or gone. */
  readonly #changed: () => void
  readonly #failed = new Map<Failing, EpochMs>()
  /** Calls that the radio gave up: how each is begun again. */
  readonly #ended = new Map<Failing, (running: Cancel) => void>()
  /** Since when that has been wrong which was begun again last: as long as it fails each time, it is one failure. */
  #since: ReadonlyMap<Failing, EpochMs> = new Map()

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
  }

  /** Those that waiting, or {@link resume}, may mend; the oldest first. */
  get impediments(): readonly Impediment[] {
    const failed = [...this.#failed].map(([what, since]) => ({ code: CODES[what], since, userCan: "wait" }) as const)
    return failed.sort((a, b) => a.since - b.since)
  }

  clear(): void {
    this.#failed.clear()
    this.#ended.clear()
    this.#since = new Map()
  }

  /** Begins a call that is to last until `running` aborts. One that ends before, either way, has failed. */
  watch(call: Failing, running: Cancel, work: () => Promise<void>, again: (running: Cancel) => void): void {
    this.#ended.delete(call)
    this.mended(call)
    const failed = () => {
      if (running.aborted) return
      this.#ended.set(call, again)
      this.fail(call)
    }
    try {
      work().then(failed, failed)
    } catch {
      failed()
    }
  }

  /** Begins again what the radio gave up: a Bluetooth that was restarted is no reason to stay silent for ever. */
  resume(running: Cancel): void {
    this.#since = new Map(this.#failed)
    for (const [, again] of [...this.#ended]) again(running)
  }

  fail(what: Failing): void {
    this.#failed.set(what, this.#failed.get(what) ?? this.#since.get(what) ?? this.#clock.now())
    this.#changed()
  }

  mended(what: Failing): void {
    if (this.#failed.delete(what)) this.#changed()
  }
}
