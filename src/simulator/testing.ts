/**
 * Many phones in one process, on one virtual clock, with the real key server and authority over memory stores and a
 * wire that can be looked at: to test an app with. The same seed gives the same bytes on the wire. FOR TESTS ONLY: all
 * dice are known to whoever knows the seed.
 *
 * Batches are smaller than a real server's: as many made-up reports, but each of one day.
 *
 * The services need the optional peer dependencies of a server (express and the others), here as development ones.
 * @module
 */
import type { Authority } from "../authority/index.ts"
import {
  type Client,
  type Config,
  dayNumber,
  type EpochMs,
  type Http,
  type HttpRequest,
  type HttpResponse,
  type IsoDay,
  memoryStore,
  type Store,
} from "../client/index.ts"
import { time } from "../crypto/index.ts"
import type { DesignName } from "../protocol/index.ts"
import { type Deployment, deploy } from "./deployment.ts"
import { Crash, type CrashMoment, Device } from "./device.ts"
import { seededDice } from "./dice.ts"
import { Meetings } from "./meetings.ts"
import type { VirtualTime } from "./neighbourhood.ts"

export type { Client, Config, EpochMs, IsoDay, Store } from "../client/index.ts"
export { Crash, type CrashMoment } from "./device.ts"

/** A request as somebody on the wire sees it, and what is inside. */
export interface Exchange {
  readonly from: string
  readonly at: EpochMs
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Length of the body. */
  readonly bytes: number
  readonly body: Uint8Array
  /** Undefined while, or because, nobody answered. */
  readonly status: number | undefined
  readonly answerBytes: number
}

/** Stands between a phone and the servers: passes on, delays, changes or refuses. */
export type Intercept = (from: string, request: HttpRequest, pass: () => Promise<HttpResponse>) => Promise<HttpResponse>

export interface World {
  readonly now: EpochMs
  /** Another phone, switched on. The handle stays good when the phone dies and is started again. */
  device(name: string, changes?: Partial<Config>): Promise<Client>
  /** From now on two phones hear each other. @param attenuation dB, or a function of the minutes since now */
  near(a: string, b: string, o: { minutes: number; attenuation: number | ((minute: number) => number) }): void
  /**
   * The person is tested. Activated: the code that the test site gives, dead so far. Data-bound: what the phone shows there,
   * and the test site keeps. Simple: nothing passes hands.
   */
  test(device: string): Promise<string>
  /**
   * The person tested positive: the code for the phone, with the first contagious day. Activated: that of the test, which is
   * made now if there was none. Data-bound: empty, since the phone asks for itself; what it showed at the test is signed.
   */
  confirm(device: string, contagiousFrom: IsoDay): Promise<string>
  /** The world's own authority, to do with it what a test site does. */
  authority(): Promise<Authority>
  /** Lets time pass: radios, the phones' tasks, and the server at the end of every bucket. */
  advance(o: { minutes?: number; hours?: number; days?: number }): Promise<void>
  /**
   * Kills the phone at a write of its store; it is started again at once, and the call that killed it throws
   * {@link Crash}.
   * @param at the number of writes that still succeed; or `any-write`: everything it does dies at its first write, done
   *   again at its second, and so on, until it gets through once
   */
  crash(device: string, at: "any-write" | number, moment?: CrashMoment): void
  /** Writes of its store since the phone was started last. */
  writes(device: string): number
  /** Sets a phone's clock wrong by so many seconds. */
  skew(device: string, seconds: number): void
  /** What lies in a phone's store. */
  store(device: string): Store
  /** Puts something between all phones and the servers; nothing when undefined. */
  intercept(between: Intercept | undefined): void
  /** Every request so far, in order. */
  wire(): readonly Exchange[]
  close(): Promise<void>
}

/** All phones of a world have its design, as all phones of a country do. */
const designOf = ({ design = "hybrid" }: Config): DesignName => design

/** Who acts for the test site, in the authority's log. */
const NURSE = "nurse-1"

/**
 * A world with one server and one authority; phones come with {@link World.device}.
 * @param config what the app passes to `open()`; servers and keys in it are replaced by the world's
 * @param stores where a phone keeps its data, asked again each time it is started; in memory unless given
 */
export function world(o: {
  seed: number
  start: IsoDay
  config: Config
  stores?: (device: string) => Promise<Store>
}): World {
  const day = dayNumber(o.start)
  if (Number.isNaN(day)) throw new RangeError(`start: expected a day like 2020-05-08, got ${o.start}`)
  return new OpenWorld(o.seed, day * time.SECONDS_PER_DAY, o.config, o.stores)
}

class OpenWorld implements World {
  readonly #seed: number
  readonly #virtual: VirtualTime
  readonly #config: Config
  readonly #stores: (device: string) => Promise<Store>
  readonly #deployed: Promise<Deployment>
  readonly #devices = new Map<string, Device>()
  readonly #wire: Exchange[] = []
  readonly #meetings = new Meetings()
  /** The bucket whose end the server waits for. */
  #open: number | undefined
  #between: Intercept | undefined
  readonly #tests = new Map<string, string>()

  constructor(seed: number, start: number, config: Config, stores: ((device: string) => Promise<Store>) | undefined) {
    this.#seed = seed
    this.#virtual = { now: start }
    this.#config = config
    const kept = new Map<string, Store>()
    this.#stores =
      stores ??
      (async name => {
        const store = kept.get(name) ?? memoryStore()
        kept.set(name, store)
        return store
      })
    this.#deployed = deploy(
      seed,
      () => this.#virtual.now,
      time.bucket(start),
      designOf(config),
      config.authority.mechanism,
    )
    // Whoever uses the world first is told; a world nobody uses fails nobody.
    this.#deployed.catch(() => undefined)
  }

  get now(): EpochMs {
    return Math.round(this.#virtual.now * 1000) as EpochMs
  }

  async device(name: string, changes: Partial<Config> = {}): Promise<Client> {
    if (this.#devices.has(name)) throw new RangeError(`device: there is a ${name} already`)
    const design = designOf(this.#config)
    if (designOf({ ...this.#config, ...changes }) !== design)
      throw new RangeError(`design: the phones of a world have one, expected ${design}`)
    const { pinned } = await this.#deployed
    const device = new Device(
      name,
      { ...this.#config, ...changes, ...pinned },
      {
        virtual: this.#virtual,
        random: seededDice(`${this.#seed}/phone/${name}`),
        http: this.#http(name),
        store: () => this.#stores(name),
      },
    )
    this.#devices.set(name, device)
    await device.switchOn()
    return device.client
  }

  #device(name: string): Device {
    const device = this.#devices.get(name)
    if (device === undefined) throw new RangeError(`device: there is no ${name}`)
    return device
  }

  #http(from: string): Http {
    return {
      send: async request => {
        const { method, url, headers, body = new Uint8Array(0) } = request
        const at = this.#wire.length
        const sent = { from, at: this.now, method, url, headers, bytes: body.length, body: new Uint8Array(body) }
        this.#wire.push({ ...sent, status: undefined, answerBytes: 0 })
        const pass = async () =>
          (await this.#deployed).answer({ method, url, headers, ...(request.body && { body: request.body }) })
        const answer = await (this.#between ? this.#between(from, request, pass) : pass())
        this.#wire[at] = { ...sent, status: answer.status, answerBytes: answer.body.length }
        return answer
      },
    }
  }

  near(a: string, b: string, o: { minutes: number; attenuation: number | ((minute: number) => number) }): void {
    for (const name of [a, b]) this.#device(name)
    this.#meetings.add(this.#virtual.now, { a, b, ...o })
  }

  async test(device: string): Promise<string> {
    const { client } = this.#device(device)
    const { mechanism } = this.#config.authority
    if (mechanism === "simple") return ""
    const consent = { to: "health authority", at: this.now }
    const given =
      mechanism === "activated"
        ? (await (await this.authority()).issue({}, NURSE)).code
        : (await client.prepareTest({ consent })).qr
    this.#tests.set(device, given)
    return given
  }

  async confirm(device: string, contagiousFrom: IsoDay): Promise<string> {
    this.#device(device)
    const authority = await this.authority()
    const contagiousFromDay = dayNumber(contagiousFrom)
    if (authority.mechanism === "simple") return (await authority.issue({ contagiousFromDay }, NURSE)).code
    const given = this.#tests.get(device) ?? (await this.test(device))
    this.#tests.delete(device)
    if (authority.mechanism === "activated") await authority.activate({ code: given, contagiousFromDay }, NURSE)
    else await authority.signCommitment({ test: given, contagiousFromDay }, NURSE)
    return authority.mechanism === "activated" ? given : ""
  }

  async authority(): Promise<Authority> {
    return (await this.#deployed).authority
  }

  crash(device: string, at: "any-write" | number, moment: CrashMoment = "before"): void {
    this.#device(device).crash(at, moment)
  }

  writes(device: string): number {
    return this.#device(device).writes
  }

  skew(device: string, seconds: number): void {
    this.#device(device).skew = seconds
  }

  store(device: string): Store {
    return this.#device(device).store
  }

  intercept(between: Intercept | undefined): void {
    this.#between = between
  }

  wire(): readonly Exchange[] {
    return [...this.#wire]
  }

  async advance({ minutes = 0, hours = 0, days = 0 }: { minutes?: number; hours?: number; days?: number }) {
    const until = this.#virtual.now + 60 * minutes + 3600 * hours + 86_400 * days
    if (!(until >= this.#virtual.now)) throw new RangeError("advance: time goes forward only")
    const { keyServer } = await this.#deployed
    this.#open ??= time.bucket(this.#virtual.now)
    for (;;) {
      const bucketEnd = time.bucketStart(this.#open + 1)
      const scan = this.#meetings.nextScan(this.#virtual.now)
      const task = this.#nextTask()
      const next = Math.min(bucketEnd, scan, Math.max(task?.at ?? Number.POSITIVE_INFINITY, this.#virtual.now))
      if (next > until) break
      // A phone that paused in its work has taken the world beyond what else was due.
      this.#virtual.now = Math.max(this.#virtual.now, next)
      // In this order at one moment: the server, what is broadcast, what is heard.
      if (next === bucketEnd) {
        await keyServer.publishDue()
        this.#open = time.bucket(this.#virtual.now)
      } else if (task !== undefined && task.at <= next) await task.device.run(task.task)
      else this.#meetings.scan(this.#virtual.now, name => this.#device(name))
    }
    this.#virtual.now = Math.max(this.#virtual.now, until)
  }

  #nextTask() {
    let first: { device: Device; at: number; task: NonNullable<ReturnType<Device["next"]>>["task"] } | undefined
    for (const device of this.#devices.values()) {
      const next = device.next()
      if (next !== undefined && (first === undefined || next.at < first.at)) first = { device, ...next }
    }
    return first
  }

  async close(): Promise<void> {
    for (const device of this.#devices.values()) await device.phone.client.close()
    await (await this.#deployed).close()
  }
}

/** Does something until the phone survives it: calls that died are made again. */
export async function surviving<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
}
