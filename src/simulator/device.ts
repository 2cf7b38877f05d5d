import {
  type Client,
  type Config,
  type Draft,
  type Http,
  LindungError,
  type Scheduler,
  type Store,
  type TaskId,
} from "../client/index.ts"
import type { Random } from "../crypto/index.ts"
import { nativeCurves } from "../server/index.ts"
import { fraction } from "./dice.ts"
import { openPhone, type Phone, phoneClock, type VirtualTime } from "./neighbourhood.ts"

/** What a call gives whose phone died while it was at work. */
export class Crash extends Error {
  override readonly name = "Crash"
}

/** Whether the process dies before the write is durable, or after it, before it learns so. */
export type CrashMoment = "before" | "after"

/** When a process dies: at a write of its store. One for each process. */
interface Fuse {
  dead: boolean
  /** Writes it still survives and dies at the next; undefined: it lives. */
  left: number | undefined
  moment: CrashMoment
  writes: number
}

function fused(store: Store, fuse: Fuse): Store {
  const requireAlive = () => {
    if (fuse.dead) throw new Crash("the phone is dead")
  }
  return {
    async read(f) {
      requireAlive()
      return store.read(f)
    },
    async write(f) {
      requireAlive()
      const dies = fuse.left === 0
      if (fuse.left !== undefined) fuse.left--
      fuse.writes++
      if (dies && fuse.moment === "before") {
        fuse.dead = true
        throw new Crash("the phone died before a write")
      }
      const result = await store.write(f)
      requireAlive()
      if (dies) {
        fuse.dead = true
        throw new Crash("the phone died after a write")
      }
      return result
    },
    close: () => store.close(),
  }
}

export interface DevicePorts {
  readonly virtual: VirtualTime
  readonly random: Random
  readonly http: Http
  /** The store's file, as it is found at each start of the process. */
  readonly store: () => Promise<Store>
}

/** The least time between two runs of a task: a task that is due again at once must not stop the world. */
const MIN_SECONDS_BETWEEN = 60

/** A phone that may die and is started again, and its host's scheduler. */
export class Device {
  readonly name: string
  /** Seconds by which its clock is wrong. */
  skew = 0
  readonly #config: Config
  readonly #ports: DevicePorts
  /** Where in its time a task is called, the same every time. */
  readonly #shares: Readonly<Record<TaskId, number>>
  readonly #armed = new Map<TaskId, number>()
  readonly #ran = new Map<TaskId, number>()
  #phone: Phone | undefined
  #store: Store | undefined
  #fuse: Fuse = { dead: false, left: undefined, moment: "before", writes: 0 }
  /** Work that is to die at every one of its writes: at which it dies next. */
  #everyWrite: Map<string, number> | undefined
  #isOn = false

  constructor(name: string, config: Config, ports: DevicePorts) {
    this.name = name
    this.#config = config
    this.#ports = ports
    const share = () => fraction(ports.random)
    this.#shares = { sync: share(), cover: share(), rotate: 0, prune: share() }
  }

  async switchOn(): Promise<void> {
    await this.#boot()
    await this.call("start", client => client.start())
    this.#isOn = true
  }

  async #boot(): Promise<void> {
    const { virtual, random, http } = this.#ports
    this.#armed.clear()
    this.#fuse = { ...this.#fuse, dead: false, writes: 0, left: undefined }
    const fuse = this.#fuse
    this.#store = await this.#ports.store()
    const scheduler: Scheduler = {
      arm: async (task, { earliest, latest }) => {
        if (!fuse.dead) this.#armed.set(task, (earliest + this.#shares[task] * (latest - earliest)) / 1000 - this.skew)
      },
      disarm: async task => void this.#armed.delete(task),
    }
    const real = phoneClock(virtual)
    const now = () => (real.now() + this.skew * 1000) as ReturnType<typeof real.now>
    this.#phone = await openPhone(this.name, this.#config, {
      clock: { now, monotonic: real.monotonic },
      // Whoever waits is the only one at work: time passes for everybody.
      wait: async milliseconds => {
        virtual.now += milliseconds / 1000
      },
      store: fused(this.#store, fuse),
      random,
      curves: nativeCurves,
      scheduler,
      http: {
        async send(request) {
          if (fuse.dead) throw new Crash("the phone is dead")
          const answer = await http.send(request)
          if (fuse.dead) throw new Crash("the phone is dead")
          return answer
        },
      },
    })
  }

  get phone(): Phone {
    if (this.#phone === undefined) throw new Error(`${this.name} was never switched on`)
    return this.#phone
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error(`${this.name} was never switched on`)
    return this.#store
  }

  /** The number of writes since the process was started. */
  get writes(): number {
    return this.#fuse.writes
  }

  /**
   * @param at `any-write`: whatever it does next dies at its first write, done again at its second, and so on, until
   *   it gets through; or the number of writes that still succeed
   */
  crash(at: "any-write" | number, moment: CrashMoment): void {
    this.#fuse.moment = moment
    if (at === "any-write") this.#everyWrite = new Map()
    else this.#fuse.left = at
  }

  /** Does something with the client, and starts the phone again when it died of it. @throws Crash when it did */
  async call<T>(what: string, work: (client: Client) => Promise<T>): Promise<T> {
    const plan = this.#everyWrite
    const at = plan === undefined ? undefined : (plan.get(what) ?? 0)
    if (at !== undefined && at >= 0) this.#fuse.left = at
    try {
      return await work(this.phone.client)
    } finally {
      if (this.#fuse.dead) {
        if (at !== undefined) plan?.set(what, at + 1)
        await this.#restart()
      } else if (at !== undefined && at >= 0) {
        // It got through: from now on it lives.
        plan?.set(what, Number.NEGATIVE_INFINITY)
        this.#fuse.left = undefined
      }
    }
  }

  async #restart(): Promise<void> {
    await this.#boot()
    if (!this.#isOn) return
    try {
      await this.call("start", client => client.start())
    } catch (error) {
      // Dying at the start it was started again.
      if (!(error instanceof Crash)) throw error
    }
  }

  /** The next task of the host's scheduler. */
  next(): { task: TaskId; at: number } | undefined {
    let first: { task: TaskId; at: number } | undefined
    for (const [task, armed] of this.#armed) {
      const ran = this.#ran.get(task)
      const at = ran === undefined ? armed : Math.max(armed, ran + MIN_SECONDS_BETWEEN)
      if (first === undefined || at < first.at) first = { task, at }
    }
    return first
  }

  /** Runs a task as a host does: what goes wrong is tried again later. */
  async run(task: TaskId): Promise<void> {
    this.#ran.set(task, this.#ports.virtual.now)
    this.#armed.delete(task)
    try {
      await this.call(task, client => client.run(task, { signal: never }))
    } catch (error) {
      if (!(error instanceof Crash) && !(error instanceof LindungError)) throw error
    }
  }

  /** The client, whichever process it is in. */
  get client(): Client {
    const call: Device["call"] = (what, work) => this.call(what, work)
    const phone = () => this.phone.client
    return {
      start: () => {
        this.#isOn = true
        return call("start", client => client.start())
      },
      stop: () => {
        this.#isOn = false
        return call("stop", client => client.stop())
      },
      status: () => call("status", client => client.status()),
      watch: signal => phone().watch(signal),
      sync: o => call("sync", client => client.sync(o)),
      run: (task, o) => call(task, client => client.run(task, o)),
      prepareReport: async o => {
        const draft = await call("prepareReport", client => client.prepareReport(o))
        return this.#drafted(draft)
      },
      prepareTest: async o => {
        const test = await call("prepareTest", client => client.prepareTest(o))
        const { redact, discard, ...shown } = test
        return {
          ...shown,
          redact: slots => call("redact", () => redact(slots)),
          discard: () => call("discard", () => discard()),
        }
      },
      explain: day => call("explain", client => client.explain(day)),
      dismiss: day => call("dismiss", client => client.dismiss(day)),
      journal: o => phone().journal(o),
      misbehaviour: () => call("misbehaviour", client => client.misbehaviour()),
      exportData: o => phone().exportData(o),
      erase: what => call("erase", client => client.erase(what)),
      close: () => phone().close(),
      [Symbol.asyncDispose]: () => phone().close(),
    }
  }

  #drafted(draft: Draft): Draft {
    return {
      get days() {
        return draft.days
      },
      wireBytes: draft.wireBytes,
      expiresAt: draft.expiresAt,
      redact: slots => this.call("redact", () => draft.redact(slots)),
      submit: o => this.call("submit", () => draft.submit(o)),
      discard: () => this.call("discard", () => draft.discard()),
    }
  }
}

const never = { aborted: false, addEventListener() {}, removeEventListener() {} }
