import { type Curves, uniform } from "../crypto/index.ts"
import type { Cancel, Design } from "../protocol/index.ts"
import type { Config, pinnedKeys } from "./config.ts"
import { coverInterval, coverStep } from "./cover.ts"
import {
  type DeliveryPorts,
  deliverFirst,
  deliverSecond,
  newAction,
  parametersNow,
  readActions,
  writeAction,
} from "./delivery.ts"
import { actionKey } from "./layout.ts"
import { madeUpRequest, pollsOf, sleptThrough } from "./polls.ts"
import type { Ports, WriteTx } from "./ports.ts"
import { noteFailure, noteSuccess, retryAt } from "./retry.ts"
import { readState, updateState } from "./state.ts"
import type { Tracer } from "./tracing.ts"
import { orAborted } from "./transport.ts"

/** Between 2 and 5 seconds: much longer than what a slow phone does for a report and not for a cover action. */
const MIN_PAUSE_MS = 2000
const PAUSE_MS = 3000

/** Actions under way, real and made up alike, one step at a time. */
export class Outbox {
  readonly #config: Config
  readonly #ports: Ports
  readonly #keys: ReturnType<typeof pinnedKeys>
  readonly #design: Design
  readonly #curves: Curves
  readonly #tracer: Tracer
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    config: Config,
    ports: Ports,
    of: { keys: ReturnType<typeof pinnedKeys>; design: Design; curves: Curves; tracer: Tracer },
  ) {
    this.#config = config
    this.#ports = ports
    this.#keys = of.keys
    this.#design = of.design
    this.#curves = of.curves
    this.#tracer = of.tracer
  }

  /** What sends waits for its turn: a report and the host's task would otherwise send the same upload twice. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  delivery(signal: Cancel): DeliveryPorts {
    const { http, store, random, clock, wait } = this.#ports
    const { server, authority } = this.#config
    const { receipts, authority: authorityKey } = this.#keys
    const to = { uploads: server.uploads, authority: authority.url, receiptKey: receipts, authorityKey }
    const now = () => this.#tracer.now()
    const pause = () => {
      const until = clock.monotonic() + MIN_PAUSE_MS + uniform(random, PAUSE_MS)
      return async () => {
        const left = until - clock.monotonic()
        if (wait !== undefined && left > 0) await orAborted(signal, wait(left))
      }
    }
    const renewing = () => this.#tracer.forgetSlot()
    const renewed = async () => {
      // A rotation that was under way may have read what was there before.
      this.#tracer.forgetSlot()
      if (this.#tracer.on) await this.#tracer.rotate()
    }
    return {
      http,
      store,
      random,
      curves: this.#curves,
      design: this.#design,
      ...to,
      signal,
      now,
      pause,
      renewing,
      renewed,
    }
  }

  /** In the write that starts tracing for the first time: cover actions begin with it. */
  async begin(tx: WriteTx): Promise<void> {
    const { cover } = this.#config
    if (cover === "off" || (await readState(tx)).coverAt !== undefined) return
    const first = this.#tracer.now() + coverInterval(this.#ports.random, cover.meanDays)
    await updateState(tx, { coverAt: Math.ceil(first) })
  }

  /**
   * Does what is due of all actions, and starts a cover action when its time has come.
   * @throws LindungError of the first action that failed; the others were tried all the same
   */
  run(signal: Cancel): Promise<void> {
    return this.inTurn(async () => {
      const { store, random } = this.#ports
      const now = this.#tracer.now()
      if (now < retryAt(await store.read(readState), "cover", now)) return
      await store.write(async tx => {
        await this.#startCover(tx, now)
        for (const { id } of sleptThrough(await readActions(tx), now)) tx.del(actionKey(id))
      })
      const failures: unknown[] = []
      for (const action of await store.read(readActions)) {
        if (action.dueAt > now) continue
        try {
          const parameters = parametersNow((await store.read(readState)).parameters, this.#design, now)
          if (action.phase === "second") await deliverSecond(this.delivery(signal), action, parameters)
          else await deliverFirst(this.delivery(signal), action, parameters)
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) {
        if (!signal.aborted) await store.write(tx => noteFailure(tx, "cover", now, random, failures[0]))
        throw failures[0]
      }
      await store.write(tx => noteSuccess(tx, "cover"))
    })
  }

  async #startCover(tx: WriteTx, now: number): Promise<void> {
    const { cover } = this.#config
    const { coverAt, coverSeenAt = 0 } = await readState(tx)
    if (cover === "off" || coverAt === undefined) return
    // The clock was ahead and was set back. A wait that is drawn anew is as long as what was left of the old one.
    const isBack = coverSeenAt > now
    const scheduled = isBack ? Math.ceil(now + coverInterval(this.#ports.random, cover.meanDays)) : coverAt
    const { run, next } = coverStep(scheduled, now, this.#ports.random, cover)
    await updateState(tx, { coverAt: Math.ceil(next), coverSeenAt: now })
    if (run === undefined) return
    const { random } = this.#ports
    const [request, start] = [madeUpRequest(random), now + run.delaySeconds]
    // Where phones wait for results, cover is a made-up test, and asks as often as a real one.
    const isBound = this.#config.authority.mechanism === "data-bound"
    const actions = isBound ? pollsOf("cover", request, start, random) : [newAction("cover", request, random, start)]
    for (const action of actions) writeAction(tx, action)
  }
}
