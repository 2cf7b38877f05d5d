import { type Curves, checkedRandom, fromBase64, sealedBox, signature, time } from "../crypto/index.ts"
import { type Cancel, defaultParameters, designByName, LindungError, parametersFor } from "../protocol/index.ts"
import { armAll, dueTimes, unreadTimes } from "./agenda.ts"
import { requireCalibration, UNCALIBRATED } from "./calibration.ts"
import { canceller } from "./cancel.ts"
import { Changes } from "./changes.ts"
import { type Config, configuredRule, pinnedKeys, requireConfig } from "./config.ts"
import { type Consent, requireConsent } from "./consent.ts"
import { countWindows, type Erasable, erase, exportData } from "./data.ts"
import { untilDeadline } from "./deadline.ts"
import { readActions } from "./delivery.ts"
import { dismiss, evaluate, measuredWith } from "./exposure.ts"
import { Found } from "./found.ts"
import { type JournalEntry, note, readJournal } from "./journal.ts"
import { Learner } from "./learner.ts"
import { Outbox } from "./outbox.ts"
import type { EpochMs, Ports, ReadTx, TaskId } from "./ports.ts"
import { type Draft, prepareReport, type Reporting } from "./prepare-report.ts"
import { type PreparedTest, prepareTest } from "./prepare-test.ts"
import { prune } from "./retention.ts"
import { type DayResult, dayNumber, type IsoDay, type RiskRule } from "./risk/index.ts"
import { migrate } from "./schema.ts"
import { readState, updateState } from "./state.ts"
import type { Status, SyncResult, Tracing } from "./status.ts"
import { encryptedStore } from "./store/encrypted.ts"
import { Tracer } from "./tracing.ts"
import type { Client } from "./verbs.ts"
import { exposureIn, NOTHING_KNOWN, reportIn } from "./view.ts"

const never = canceller()
const PORTABLE: Curves = { ed25519: signature.ed25519, x25519: sealedBox.x25519 }

/**
 * Opens the client on its store. No request is made and nothing is broadcast before {@link Client.start}.
 * A lost key of the store is a state of the client, and no error here.
 * @throws LindungError config, with every problem of the configuration; storage-corrupt, schema-newer, or what else the store
 *   fails with; RangeError for a calibration that cannot be
 */
export async function open(config: Config, ports: Ports): Promise<Client> {
  requireConfig(config, ports)
  const { store, vault, random } = ports
  // Fewer bytes than were asked for would be a key that can be guessed.
  const checked = { ...ports, random: checkedRandom(random) }
  const kept = vault === undefined ? checked : { ...checked, store: encryptedStore(store, vault, checked.random) }
  const client = new OpenClient(config, kept)
  await client.open()
  return client
}

class OpenClient implements Client {
  readonly #config: Config
  readonly #ports: Ports
  readonly #design
  readonly #keys
  readonly #rule: RiskRule
  readonly #tracer: Tracer
  readonly #outbox: Outbox
  readonly #changes = new Changes()
  #parameters
  #lastSync: Status["lastSync"]
  readonly #learner: Learner
  #syncing = false
  #since: EpochMs | undefined
  readonly #found: Found
  /** What was read last: shown as long as the store cannot be read. */
  #shown: Omit<Status, "tracing" | "lastSync"> = NOTHING_KNOWN

  constructor(config: Config, ports: Ports) {
    const design = designByName(config.design ?? "hybrid")!
    this.#config = config
    this.#ports = ports
    this.#found = new Found(ports.clock)
    this.#design = design
    this.#keys = pinnedKeys(config)
    const { radio, store, clock, random, calibration = UNCALIBRATED, curves = PORTABLE } = ports
    requireCalibration(calibration)
    const rule = configuredRule(config)
    // In design 4 a beacon says itself how well its power is known.
    this.#rule = design.name === "gaen" ? rule : measuredWith(calibration, rule)
    this.#parameters = defaultParameters(0, [design.name])
    const live = { lengths: () => this.#parameters, changed: () => this.#changes.tell() }
    this.#tracer = new Tracer({ radio, store, clock, random, design, calibration, ...live })
    this.#learner = new Learner({
      config,
      ports,
      trust: { key: this.#keys.log, policy: this.#keys.policy, ed25519: curves.ed25519 },
      design,
      rule: this.#rule,
      tracer: this.#tracer,
      exportKeys: this.#keys.exports,
    })
    this.#outbox = new Outbox(config, ports, { keys: this.#keys, design, curves, tracer: this.#tracer })
  }

  async open(): Promise<void> {
    try {
      await migrate(this.#ports.store)
      await this.#tracer.open()
      await this.#takeParameters()
      const trouble = await this.#arm()
      if (trouble !== undefined) throw trouble
    } catch (error) {
      if (!(error instanceof LindungError) || error.code !== "key-lost") throw error
      this.#found.find("key-lost", error)
    }
  }

  /** L and W may change, with notice: the set of this moment is the one that counts. */
  async #takeParameters(): Promise<void> {
    const { parameters } = await this.#ports.store.read(readState)
    this.#parameters = parametersFor(time.bucket(this.#tracer.now()), parameters) ?? this.#parameters
  }

  async start(): Promise<Tracing> {
    if (this.#tracer.on || this.#found.lost !== undefined) return this.#tracing()
    const now = this.#tracer.now()
    await this.#ports.store.write(async tx => {
      if ((await readState(tx)).startedAt === undefined) await updateState(tx, { startedAt: now })
      await this.#outbox.begin(tx)
      await note(tx, now, "started")
      // Whoever listens can join two identifiers that are sent under one address.
      const { advertise, rotatesAddressWithPayload } = this.#ports.radio.can
      if (advertise && !rotatesAddressWithPayload) await note(tx, now, "address-kept")
    })
    await this.#tracer.start()
    this.#since = this.#ports.clock.now()
    await this.#arm()
    return this.#tracing()
  }

  async stop(): Promise<void> {
    if (!this.#tracer.on) return
    await this.#tracer.stop()
    this.#since = undefined
    await this.#ports.store.write(tx => note(tx, this.#tracer.now(), "stopped"))
    await this.#arm()
  }

  async close(): Promise<void> {
    await this.#tracer.stop()
    await this.#ports.store.close()
  }

  /** For `await using`, where the engine has it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async status(): Promise<Status> {
    const look = async () => {
      this.#shown = await this.#read()
    }
    const trouble = this.#found.lost ?? (await this.#found.tried(look))
    if (trouble === undefined) this.#found.mended("storage-failed")
    const shown = this.#found.lost === undefined ? this.#shown : NOTHING_KNOWN
    return { tracing: this.#tracing(), ...shown, ...(this.#lastSync && { lastSync: this.#lastSync }) }
  }

  async #read(): Promise<Omit<Status, "tracing" | "lastSync">> {
    const now = this.#tracer.now()
    const { exposureDays } = this.#config.retention
    const { exposure, report, windows, due } = await this.#ports.store.read(async tx => ({
      exposure: await exposureIn(tx, { rule: this.#rule, now, exposureDays }),
      report: await reportIn(tx, { design: this.#design, lengths: this.#parameters, now }),
      windows: await countWindows(tx),
      due: await this.#due(tx),
    }))
    const next = Object.fromEntries(Object.entries(due).map(([task, second]) => [task, second * 1000]))
    const { lastAt } = this.#tracer
    const contacts = { windows, ...(lastAt !== undefined && { lastAt }), dropped: { ...this.#tracer.dropped } }
    return { exposure, report, contacts, next }
  }

  async *watch(signal: Cancel = never): AsyncIterable<Status> {
    while (!signal.aborted) {
      const seen = this.#changes.count
      yield await this.status()
      await this.#changes.after(seen, signal)
    }
  }

  #tracing(): Tracing {
    const [first, ...others] = this.#found.with(this.#tracer.on ? this.#tracer.impediments : undefined)
    if (first !== undefined) return { is: "limited", by: [first, ...others] }
    return this.#since === undefined ? { is: "off" } : { is: "on", since: this.#since }
  }

  async explain(day: IsoDay): Promise<DayResult> {
    const { exposureDays } = this.#config.retention
    const results = await this.#ports.store.read(tx => evaluate(tx, this.#rule, this.#tracer.now(), exposureDays))
    return results.find(result => result.day === day) ?? { day, level: "none", score: 0, unit: "minutes", parts: [] }
  }

  async dismiss(day: IsoDay): Promise<void> {
    const number = dayNumber(day)
    if (Number.isNaN(number)) throw new RangeError(`day: expected a day like 2020-05-08, got ${day}`)
    await this.#ports.store.write(async tx => {
      await dismiss(tx, number)
      await note(tx, this.#tracer.now(), "dismissed", day)
    })
    this.#changes.tell()
  }

  async *journal(o: { since?: EpochMs } = {}): AsyncIterable<JournalEntry> {
    yield* await this.#ports.store.read(tx => readJournal(tx, o.since ?? 0))
  }

  async misbehaviour(): Promise<Uint8Array | undefined> {
    const { misbehaviour } = await this.#ports.store.read(readState)
    return misbehaviour === undefined ? undefined : fromBase64(misbehaviour)
  }

  exportData(o: { includeOwnKeys: boolean }): AsyncIterable<Uint8Array> {
    return exportData(this.#ports.store, o.includeOwnKeys)
  }

  async erase(what: Erasable): Promise<void> {
    if (what === "everything" && this.#found.lost !== undefined) {
      await this.#ports.store.reset?.()
      this.#found.mended("key-lost")
      await this.open()
    }
    if (what === "everything") await this.#tracer.stop()
    else await this.#tracer.flush()
    await this.#outbox.inTurn(() =>
      this.#ports.store.write(async tx => {
        await erase(tx, what)
        await note(tx, this.#tracer.now(), "erased", what)
      }),
    )
    this.#tracer.forget()
    this.#shown = NOTHING_KNOWN
    if (what === "everything") this.#since = undefined
    await this.#arm()
  }

  async sync(o: { signal?: Cancel; force?: boolean } = {}): Promise<SyncResult> {
    if (this.#syncing) return { is: "skipped", why: "running" }
    this.#syncing = true
    try {
      return await this.#syncAndArm(o.signal ?? never, o.force ?? false)
    } finally {
      this.#syncing = false
    }
  }

  async #syncAndArm(signal: Cancel, force: boolean): Promise<SyncResult> {
    const result = await this.#syncOnce(signal, force).catch(async error => {
      await this.#arm()
      throw error
    })
    this.#remember(result)
    const trouble = await this.#arm()
    if (trouble === undefined) return result
    const failed = failedAfter(result, trouble)
    this.#remember(failed)
    return failed
  }

  #remember(result: SyncResult): void {
    if (result.is !== "skipped") this.#lastSync = { ...result, at: this.#ports.clock.now() }
  }

  /** What a sync says about the phone itself: a wrong clock, a lost key, or parameters that hold from now on. */
  async #syncOnce(signal: Cancel, force: boolean): Promise<SyncResult> {
    const lost = this.#found.lost
    if (lost !== undefined) return { is: "failed", error: lost, batches: 0 }
    const result = await this.#learner.sync(signal, force)
    if (result.is === "failed") {
      if (result.error.code === "clock-skew") this.#found.find("clock-wrong", result.error)
      if (result.error.code === "key-lost") this.#found.find("key-lost", result.error)
    }
    if (result.is !== "done") return result
    this.#found.mended("clock-wrong")
    const trouble = await this.#found.tried(() => this.#takeParameters())
    return trouble === undefined ? result : failedAfter(result, trouble)
  }

  async run(task: TaskId, o: { signal: Cancel; deadline?: EpochMs }): Promise<void> {
    const { signal, done } = untilDeadline(this.#ports, o)
    try {
      if (task === "sync") await this.sync({ signal })
      else await this.#runAndArm(task, signal)
    } finally {
      done()
    }
  }

  /** A task's own failure is worth more than that what comes next could not be armed. */
  async #runAndArm(task: Exclude<TaskId, "sync">, signal: Cancel): Promise<void> {
    try {
      if (task === "rotate") await this.#tracer.rotate()
      else if (task === "prune") await this.#prune()
      else await this.#outbox.run(signal)
    } catch (error) {
      await this.#arm()
      throw error
    }
    const trouble = await this.#arm()
    if (trouble !== undefined) throw trouble
  }

  #prune(): Promise<void> {
    const { retention } = this.#config
    const of = { design: this.#design, lengths: this.#parameters, now: this.#tracer.now(), retention }
    return this.#ports.store.write(tx => prune(tx, of))
  }

  async prepareReport(o: { onset: IsoDay; proof: string; consent: Consent }): Promise<Draft> {
    requireConsent(o.consent, this.#tracer.now())
    return prepareReport(this.#reporting, o)
  }

  async prepareTest(o: { consent: Consent }): Promise<PreparedTest> {
    requireConsent(o.consent, this.#tracer.now())
    return prepareTest(this.#reporting)
  }

  get #reporting(): Reporting {
    const { store, random } = this.#ports
    const { mechanism } = this.#config.authority
    const client = { store, random, mechanism, design: this.#design, lengths: this.#parameters }
    return { ...client, tracer: this.#tracer, outbox: this.#outbox, changed: async () => void (await this.#arm()) }
  }

  async #due(tx: ReadTx): Promise<Partial<Record<TaskId, number>>> {
    const [state, actions, { until }] = [await readState(tx), await readActions(tx), this.#tracer]
    const { minIntervalHours } = this.#config.sync
    return dueTimes({ state, actions, minIntervalHours, now: this.#tracer.now(), rotateAt: until && until / 1000 })
  }

  /**
   * After a task: hands the host what comes next, and tells whoever watches that something is different.
   * @returns what the store could not do; it must not take the place of a task's own answer
   */
  async #arm(): Promise<LindungError | undefined> {
    this.#changes.tell()
    if (this.#found.lost !== undefined) return undefined
    const { scheduler, store } = this.#ports
    const untidy = await this.#found.tried(() => this.#tidy())
    const unread = await this.#found.tried(async () => armAll(scheduler, await store.read(tx => this.#due(tx))))
    // What is due is not known then; without this the host would never call again.
    if (unread !== undefined && this.#tracer.on) await armAll(scheduler, unreadTimes(this.#tracer.now()))
    return untidy ?? unread
  }

  /** On a full disk it is put off: nothing is lost by that. */
  async #tidy(): Promise<void> {
    try {
      await this.#ports.store.tidy?.()
    } catch (error) {
      if (!(error instanceof LindungError && error.code === "storage-full")) throw error
    }
  }
}

/** What a sync did that went well but for its end: `batches` are kept. */
function failedAfter(result: SyncResult, error: LindungError): SyncResult {
  if (result.is === "failed") return result
  return { is: "failed", error, batches: result.is === "done" ? result.batches : 0 }
}
