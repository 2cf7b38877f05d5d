import { time } from "../crypto/index.ts"
import {
  type Cancel,
  defaultParameters,
  designByName,
  LindungError,
  type ParameterSet,
  parametersFor,
} from "../protocol/index.ts"
import { syncIsDue } from "./cadence.ts"
import { type Config, checkConfig, configuredRule, pinnedKeys } from "./config.ts"
import { coverInterval, coverStep } from "./cover.ts"
import {
  type DeliveryPorts,
  deliverFirst,
  deliverSecond,
  newAction,
  noticePublished,
  parametersNow,
  readActions,
  writeAction,
} from "./delivery.ts"
import { evaluate, pruneMatched, tell } from "./exposure.ts"
import { pruneObservations } from "./match.ts"
import type { EpochMs, Ports, ReadTx, TaskId } from "./ports.ts"
import { readReport } from "./report.ts"
import { type Draft, prepareReport, type Reporting } from "./reporting.ts"
import { type DayResult, dayNumber, type IsoDay, isoDay, type RiskRule } from "./risk/index.ts"
import { pruneSecrets } from "./schedule.ts"
import { readState, updateState } from "./state.ts"
import type { Exposure, ReportStatus, Status, SyncResult, Tracing } from "./status.ts"
import { sync } from "./sync.ts"
import { canceller, Tracer } from "./tracing.ts"

export interface Client {
  start(): Promise<Tracing>
  stop(): Promise<void>
  status(): Promise<Status>
  sync(o?: { signal?: Cancel; force?: boolean }): Promise<SyncResult>
  run(task: TaskId, o: { signal: Cancel; deadline?: EpochMs }): Promise<void>
  prepareReport(o: { onset: IsoDay; proof: string; consent: { to: string; at: EpochMs } }): Promise<Draft>
  explain(day: IsoDay): Promise<DayResult>
  close(): Promise<void>
}

const never = canceller()

/**
 * Opens the client on its store. No request is made and nothing is broadcast before {@link Client.start}.
 * @throws LindungError config, with every problem of the configuration
 */
export async function open(config: Config, ports: Ports): Promise<Client> {
  const checked = checkConfig(config)
  if (!checked.ok)
    throw new LindungError("config", checked.problems.map(({ path, message }) => `${path}: ${message}`).join("; "))
  const client = new OpenClient(checked.config, ports)
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
  #parameters: ParameterSet
  #lastSync: Status["lastSync"]
  #syncing = false
  #since: EpochMs | undefined

  constructor(config: Config, ports: Ports) {
    const design = config.design ?? "hybrid"
    this.#config = config
    this.#ports = ports
    this.#design = designByName(design)!
    this.#keys = pinnedKeys(config)
    this.#rule = configuredRule(config)
    this.#parameters = defaultParameters(0, [design])
    const { radio, store, clock, random } = ports
    this.#tracer = new Tracer({ radio, store, clock, random, design: this.#design, parameters: () => this.#parameters })
  }

  async open(): Promise<void> {
    await this.#tracer.open()
    await this.#takeParameters()
    const { cover } = this.#config
    const { coverAt } = await this.#ports.store.read(readState)
    if (cover !== "off" && coverAt === undefined) {
      const first = this.#tracer.second() + coverInterval(this.#ports.random, cover.meanDays)
      await this.#ports.store.write(tx => updateState(tx, { coverAt: Math.ceil(first) }))
    }
    await this.#arm()
  }

  /** L and W may change, with notice: the set of this moment is the one that counts. */
  async #takeParameters(): Promise<void> {
    const { parameters } = await this.#ports.store.read(readState)
    this.#parameters = parametersFor(time.bucket(this.#tracer.second()), parameters) ?? this.#parameters
  }

  async start(): Promise<Tracing> {
    if (!this.#tracer.on) this.#since = this.#now()
    await this.#tracer.start()
    return this.#tracing()
  }

  async stop(): Promise<void> {
    await this.#tracer.stop()
    this.#since = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#ports.store.close()
  }

  async status(): Promise<Status> {
    const { store } = this.#ports
    const { exposure, report, coverAt } = await store.read(async tx => ({
      exposure: await this.#exposure(tx),
      report: await this.#report(tx),
      coverAt: (await readState(tx)).coverAt,
    }))
    const next = coverAt === undefined ? {} : { cover: ms(coverAt) }
    return { tracing: this.#tracing(), exposure, report, next, ...(this.#lastSync && { lastSync: this.#lastSync }) }
  }

  #tracing(): Tracing {
    return this.#since === undefined ? { is: "off" } : { is: "on", since: this.#since }
  }

  async #exposure(tx: ReadTx): Promise<Exposure> {
    const { told, syncedAt } = await readState(tx)
    if (syncedAt === undefined) return { is: "unknown" }
    const days = (await this.#evaluate(tx)).filter(({ level }) => level !== "none")
    if (days.length === 0) return { is: "none", checkedAt: ms(syncedAt) }
    const first = Math.min(...days.map(({ day }) => told[dayNumber(day)] ?? syncedAt))
    return { is: "exposed", days, firstToldAt: ms(first) }
  }

  async #report(tx: ReadTx): Promise<ReportStatus> {
    const { sent } = await readState(tx)
    const action = (await readActions(tx)).find(({ kind }) => kind === "report")
    if (action !== undefined && action.phase !== "second") return { is: "sending" }
    const stored = action ?? (await readReport(tx, this.#design, this.#parameters))
    if (stored !== undefined && "expiresAt" in stored) return { is: "draft", expiresAt: ms(stored.expiresAt) }
    return sent ? { is: "sent", at: ms(sent.at), days: sent.days.map(isoDay) } : { is: "none" }
  }

  #evaluate(tx: ReadTx): Promise<readonly DayResult[]> {
    return evaluate(tx, this.#rule, this.#tracer.second(), this.#config.retention.exposureDays)
  }

  async explain(day: IsoDay): Promise<DayResult> {
    const results = await this.#ports.store.read(tx => this.#evaluate(tx))
    return results.find(result => result.day === day) ?? { day, level: "none", score: 0, unit: "minutes", parts: [] }
  }

  async sync(o: { signal?: Cancel; force?: boolean } = {}): Promise<SyncResult> {
    if (this.#syncing) return { is: "skipped", why: "running" }
    const { syncedAt } = await this.#ports.store.read(readState)
    const minIntervalSeconds = this.#config.sync.minIntervalHours * 3600
    const until = (syncedAt ?? 0) + minIntervalSeconds
    if (!o.force && !syncIsDue(syncedAt, this.#tracer.second(), minIntervalSeconds))
      return { is: "skipped", why: "too-soon", until: ms(until) }
    this.#syncing = true
    try {
      const result = await this.#sync(o.signal ?? never)
      this.#lastSync = { ...result, at: this.#now() }
      return result
    } finally {
      this.#syncing = false
      await this.#arm()
    }
  }

  async #sync(signal: Cancel): Promise<SyncResult> {
    const { http, store } = this.#ports
    const { exposureDays } = this.#config.retention
    const second = this.#tracer.second()
    const newDays: IsoDay[] = []
    let batches = 0
    let keys = 0
    await this.#tracer.flush()
    try {
      await sync(
        {
          http,
          store,
          files: this.#config.server.files,
          logKey: this.#keys.log,
          design: this.#design,
          signal,
          now: second,
          headMoved: bucket => this.#tracer.moveLogicalClock(bucket),
          afterBatch: async (tx, batch, parameters) => {
            await noticePublished(tx, batch, parameters)
            newDays.push(...(await tell(tx, this.#rule, second, exposureDays)))
          },
        },
        (done, _, held) => {
          batches = done
          keys += held
        },
      )
      await store.write(tx => updateState(tx, { second, syncedAt: Math.floor(second) }))
      await this.#takeParameters()
      return { is: "done", batches, keys, newDays }
    } catch (error) {
      if (!(error instanceof LindungError)) throw error
      return { is: "failed", error, batches }
    }
  }

  async run(task: TaskId, o: { signal: Cancel; deadline?: EpochMs }): Promise<void> {
    if (task === "sync") await this.sync({ signal: o.signal, force: true })
    else if (task === "rotate") await this.#tracer.rotate()
    else if (task === "prune") await this.#prune()
    else await this.#cover(o.signal)
    await this.#arm()
  }

  async #prune(): Promise<void> {
    const { contactDays, exposureDays } = this.#config.retention
    const today = time.day(this.#tracer.second())
    await this.#ports.store.write(async tx => {
      await pruneSecrets(tx, this.#design, today - contactDays + 1, this.#parameters)
      await pruneObservations(tx, this.#design, today - contactDays + 1, this.#parameters)
      await pruneMatched(tx, today - exposureDays)
    })
  }

  /** What is due of all actions, real or made up alike, and a new cover action when its time has come. */
  async #cover(signal: Cancel): Promise<void> {
    const { store, random } = this.#ports
    const { cover } = this.#config
    const second = this.#tracer.second()
    if (cover !== "off")
      await store.write(async tx => {
        const { coverAt = second } = await readState(tx)
        const { run, next } = coverStep(coverAt, second, random, cover)
        await updateState(tx, { coverAt: Math.ceil(next) })
        if (run) writeAction(tx, newAction("cover", random, second + run.delaySeconds))
      })
    const delivery = this.#delivery(signal)
    for (const action of await store.read(readActions)) {
      const parameters = parametersNow((await store.read(readState)).parameters, second)
      if (action.dueAt > second) continue
      if (action.phase === "second") await deliverSecond(delivery, action, parameters)
      else await deliverFirst(delivery, action, parameters)
    }
  }

  #delivery(signal: Cancel): DeliveryPorts {
    const { http, store, random } = this.#ports
    const { server, authority } = this.#config
    const { receipts, authority: authorityKey } = this.#keys
    const now = () => this.#tracer.second()
    const to = { uploads: server.uploads, authority: authority.url, receiptKey: receipts, authorityKey }
    return { http, store, random, design: this.#design, ...to, signal, now }
  }

  async #arm(): Promise<void> {
    const { store, scheduler } = this.#ports
    const { coverAt, actions } = await store.read(async tx => ({
      coverAt: (await readState(tx)).coverAt,
      actions: await readActions(tx),
    }))
    const earliest = Math.min(...actions.map(({ dueAt }) => dueAt), coverAt ?? Number.POSITIVE_INFINITY)
    if (Number.isFinite(earliest))
      await scheduler.arm("cover", { earliest: ms(earliest), latest: ms(earliest + 3600), network: true })
    else await scheduler.disarm("cover")
  }

  prepareReport(o: { onset: IsoDay; proof: string; consent: { to: string; at: EpochMs } }): Promise<Draft> {
    return prepareReport(this.#reporting(), o)
  }

  #reporting(): Reporting {
    return {
      store: this.#ports.store,
      random: this.#ports.random,
      design: this.#design,
      lengths: this.#parameters,
      tracer: this.#tracer,
      delivery: signal => this.#delivery(signal),
      changed: () => this.#arm(),
    }
  }

  #now(): EpochMs {
    return this.#ports.clock.now()
  }
}

const ms = (second: number): EpochMs => Math.round(second * 1000) as EpochMs
