import { equal, hex, type Random, time } from "../crypto/index.ts"
import { type Cancel, type Design, heardAt, type Lengths, slotAt } from "../protocol/index.ts"
import type { Calibration } from "./calibration.ts"
import { canceller } from "./cancel.ts"
import { Failures } from "./failures.ts"
import type { Clock, EpochMs, Impediment, Radio, Sighting, Store } from "./ports.ts"
import { type Closed, type Dropped, MAX_BEHIND_SECONDS, Recorder, SCAN_PLAN } from "./record.ts"
import { type Gathered, Reservoir } from "./reservoir.ts"
import { currentSlot, keepSlot, laterSlot, type OwnSlot, payloadAt, slotsAhead } from "./schedule.ts"
import { readState, updateState } from "./state.ts"

interface TracingPorts {
  readonly radio: Radio
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly design: Design
  readonly calibration: Calibration
  /** L and W in force now. */
  readonly lengths: () => Lengths
  /** Called when impediments have come or gone. */
  readonly changed: () => void
}

/**
 * Finished scans are written together at every change of what is broadcast, when the first of them is this old though
 * nothing has changed, and before anything that reads them: a durable write costs a phone more than all packets of a
 * scan. What a power cut may take is what was heard since: a quarter of an hour and the scan that is going on.
 */
const GATHER_SECONDS = 900

/** Broadcasts and listens, while it is on. */
export class Tracer {
  readonly #ports: TracingPorts
  readonly #recorder: Recorder
  readonly #reservoir: Reservoir
  #second = 0
  #monotonic = 0
  /** The newest checkpoint verified: the logical clock of what is heard now. */
  #after = 0
  #lastAt: EpochMs | undefined
  #running: (Cancel & { abort(): void }) | undefined
  /** What the radio advertises under: aborted when the payload has to go before its time. */
  #speaking: (Cancel & { abort(): void }) | undefined
  #writing: Promise<void> = Promise.resolve()
  #gathered: Gathered[] = []
  /** When the first of them began. */
  #gatheredSince = 0
  /** The slot that is broadcast from. */
  #slot: OwnSlot | undefined
  /** Slots to come whose secrets a test has committed to. */
  #ahead: ReadonlyMap<number, OwnSlot> = new Map()
  #advertised: { payload: Uint8Array; until: EpochMs } | undefined
  /** What the radio says about itself, what it cannot do, and what has failed. */
  #reported: readonly Impediment[] = []
  #cannot: readonly Impediment[] = []
  readonly #failures: Failures

  constructor(ports: TracingPorts) {
    this.#ports = ports
    this.#recorder = new Recorder(ports.random, ports.calibration, ports.design.payloadBytes)
    this.#reservoir = new Reservoir(ports.random)
    this.#failures = new Failures(ports.clock, ports.changed)
  }

  get dropped(): Readonly<Dropped> {
    return this.#recorder.dropped
  }

  /** When something was heard last, since the app was started. */
  get lastAt(): EpochMs | undefined {
    return this.#lastAt
  }

  /** When what is broadcast has to change; undefined while it is off. */
  get until(): EpochMs | undefined {
    return this.#running && this.#advertised?.until
  }

  get on(): boolean {
    return this.#running !== undefined
  }

  /** Takes up the clock where it was: the wall clock may have been set back since. */
  async open(): Promise<void> {
    const { second, head } = await this.#ports.store.read(readState)
    this.#second = second
    this.#monotonic = this.#ports.clock.monotonic()
    this.#after = head?.bucket ?? 0
  }

  /** max(wall clock, last second + elapsed monotonic time): setting the clock back has no effect (protocol §3). */
  second(): number {
    const monotonic = this.#ports.clock.monotonic()
    const elapsed = Math.max(0, monotonic - this.#monotonic) / 1000
    this.#second = Math.max(this.#ports.clock.now() / 1000, this.#second + elapsed)
    this.#monotonic = monotonic
    // Whole seconds: buckets begin on one, so that nothing moves to an earlier bucket.
    return Math.floor(this.#second)
  }

  /** The wall clock, in whole seconds: what is broadcast, and which slot something was heard in, go by it. */
  now(): number {
    return Math.floor(this.#ports.clock.now() / 1000)
  }

  /** From now on, what is heard was heard after the batch of this bucket. The scan before it is written first. */
  async moveLogicalClock(bucket: number): Promise<void> {
    await this.flush()
    this.#after = bucket
    // A wall clock that was ahead once must not make the phone deaf for as long as it was. The head bounds time from
    // outside: what it covers is kept from counting by `after`, so that nothing earlier than its end needs the clock.
    const now = this.#ports.clock.now() / 1000
    this.#second = Math.min(this.second(), Math.max(now, time.bucketStart(bucket + 1)))
  }

  async start(): Promise<void> {
    if (this.#running) return
    const running = canceller()
    this.#running = running
    // What the radio gave up before the last stop() is begun here, and not by the rotation as well.
    this.#failures.clear()
    this.#speaking = undefined
    try {
      await this.rotate()
    } catch (error) {
      this.#running = undefined
      throw error
    }
    if (running.aborted) return
    const { can } = this.#ports.radio
    const since = this.#ports.clock.now()
    this.#cannot = [
      ...(can.advertise ? [] : [{ code: "advertising-refused", since, userCan: "nothing" } as const]),
      ...(can.scan ? [] : [{ code: "bluetooth-unsupported", since, userCan: "nothing" } as const]),
    ]
    if (can.advertise) this.#speak(running)
    if (can.scan) this.#listen(running)
    this.#follow(running)
  }

  /** Lets the radio advertise, until tracing ends or what it sends has to go before its time. */
  #speak(running: Cancel): void {
    const speaking = canceller()
    this.#speaking = speaking
    running.addEventListener("abort", () => speaking.abort())
    const advertise = () => this.#ports.radio.advertise(() => this.#next(), speaking)
    this.#failures.watch("advertise", speaking, advertise, again => this.#speak(again))
  }

  #listen(running: Cancel): void {
    const scan = () => this.#ports.radio.scan(SCAN_PLAN, sighting => this.#hear(sighting), running)
    this.#failures.watch("scan", running, scan, again => this.#listen(again))
  }

  /** Takes up what the radio says about itself. */
  #follow(running: Cancel): void {
    const { radio, changed } = this.#ports
    // What it said before it gave up may have passed since: all that is wrong is said anew.
    this.#reported = []
    if (radio.health === undefined) return
    const follow = async () => {
      for await (const reported of radio.health!(running)) {
        if (running.aborted) return
        this.#reported = reported
        changed()
      }
    }
    this.#failures.watch("health", running, follow, again => this.#follow(again))
  }

  get impediments(): readonly Impediment[] {
    return [...this.#reported, ...this.#cannot, ...this.#failures.impediments]
  }

  async stop(): Promise<void> {
    this.#running?.abort()
    this.#running = undefined
    await this.flush()
  }

  /**
   * Draws what is to be broadcast now. The host calls it at the start of an epoch; after a report it comes earlier: what
   * is about to be published leaves the air at once, with its address.
   */
  async rotate(): Promise<void> {
    const { store, design, random, lengths, clock } = this.#ports
    // A scan is over when nothing has come for as long as one lasts.
    if (clock.now() - (this.#lastAt ?? 0) > SCAN_PLAN.windowMs) this.#gather(this.#recorder.close())
    this.#commit()
    const { slot, ahead } = await store.write(async tx => {
      await updateState(tx, { second: this.second() })
      const current = await currentSlot(tx, design, this.now(), lengths(), random)
      return { slot: current, ahead: await slotsAhead(tx, current.slot) }
    })
    this.#slot = slot
    this.#ahead = ahead
    this.#failures.mended("keep")
    this.#say(slot)
    if (this.#running !== undefined) this.#failures.resume(this.#running)
  }

  /** Broadcasts from a slot at once: what is on the air and has to go before its time goes with its address. */
  #say(from: OwnSlot): void {
    const before = this.#advertised
    const { payload } = this.#advertise(from)
    const isCutShort = before !== undefined && before.until > this.now() * 1000 && hex(before.payload) !== hex(payload)
    if (!isCutShort || this.#speaking === undefined || this.#running === undefined) return
    this.#speaking.abort()
    this.#speak(this.#running)
  }

  /** The secrets in the store are others now: what comes next is of those, even if no rotation succeeds. */
  forgetSlot(): void {
    this.#slot = undefined
    this.#ahead = new Map()
  }

  #advertise(from: OwnSlot): { payload: Uint8Array; until: EpochMs } {
    const { design, lengths, calibration } = this.#ports
    const { payload, until } = payloadAt(design, from, this.now(), lengths(), calibration)
    this.#advertised = { payload, until: (until * 1000) as EpochMs }
    return this.#advertised
  }

  /** What the radio asks for at each change of address. It never gets what has expired, even if no task has run. */
  #next(): { payload: Uint8Array; until: EpochMs } {
    const { design, random, store } = this.#ports
    const lengths = this.#ports.lengths()
    const now = this.now()
    if (this.#advertised !== undefined && this.#advertised.until > now * 1000) return this.#advertised
    const slot = slotAt(design, now, lengths)
    const from = this.#slot
    if (slot === from?.slot) return this.#advertise(from)
    const made = this.#ahead.get(slot) ?? laterSlot(design, from, slot, lengths, random)
    this.#slot = made
    this.#writing = this.#writing
      .then(() => store.write(tx => keepSlot(tx, made, from, { design, lengths, random })))
      .then(kept => {
        if (this.#slot !== made) return
        this.#slot = kept
        if (!equal(kept.record, made.record)) this.#say(kept)
      })
      .catch(() => this.#failures.fail("keep"))
    return this.#advertise(made)
  }

  #hear(sighting: Sighting): void {
    const { design } = this.#ports
    const second = this.second()
    // Design 4 encrypts the power: until the key is published, it counts as 0 dBm, and is added then (contact.ts).
    const heard = design.name === "gaen" ? { ...sighting, txPower: 0 } : sighting
    this.#gather(this.#recorder.hear(heard, second, this.now()))
    this.#lastAt = this.#ports.clock.now()
    if (this.#gathered.length > 0 && second - this.#gatheredSince >= GATHER_SECONDS) this.#commit()
  }

  #gather(closed: Closed | undefined): void {
    if (closed === undefined) return
    const { design } = this.#ports
    const lengths = this.#ports.lengths()
    const kept = closed.heard.map(({ payload, at, ...scans }) => ({
      heard: heardAt(design, at, lengths),
      id: design.kept(payload, at, lengths),
      ...scans,
    }))
    if (this.#gathered.length === 0) this.#gatheredSince = closed.second
    const bucket = time.bucket(closed.second)
    const first = Math.max(0, time.bucketStart(bucket) - MAX_BEHIND_SECONDS)
    const marks = { bucket, after: this.#after, firstHeard: heardAt(design, first, lengths) }
    this.#gathered.push({ kept, marks })
  }

  /** Writes what was gathered, in one write. */
  #commit(): void {
    const gathered = this.#gathered
    if (gathered.length === 0) return
    this.#gathered = []
    // Scans that cannot be stored are lost and counted; the next ones are tried all the same.
    this.#writing = this.#writing
      .then(() => this.#ports.store.write(tx => this.#reservoir.write(tx, gathered)))
      .then(gaveWay => {
        this.#recorder.dropped.crowd += gaveWay
      })
      .catch(() => {
        this.#reservoir.forget()
        for (const { kept } of gathered) this.#recorder.dropped.storage += kept.length
      })
  }

  /** What was heard has been deleted. */
  forget(): void {
    this.#reservoir.forget()
  }

  /** Writes the scan that is going on, and waits until everything heard is in the store. */
  async flush(): Promise<void> {
    this.#gather(this.#recorder.close())
    this.#commit()
    await this.#writing
  }
}
