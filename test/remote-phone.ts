import type { Config, DayResult, EpochMs, Http, IsoDay, Status, Store, TaskId } from "../src/client/index.ts"
import { kernel, type Random } from "../src/crypto/index.ts"
import { openPhone, type VirtualTime } from "../src/simulator/neighbourhood.ts"

/** A phone in another realm (a page, a bare engine) than the test that drives it: what goes in and out is plain data. */
export interface RemotePhone {
  /** Sets its clock, in unix seconds. */
  at(second: number): void
  start(): Promise<void>
  sync(): Promise<{ readonly is: string; readonly batches?: number; readonly code?: string }>
  run(task: TaskId): Promise<void>
  /** What it broadcasts now. */
  payload(): number[]
  /** Hears a beacon at this moment. */
  hear(payload: readonly number[], rssi: number, scanId: number): void
  report(onset: IsoDay, proof: string): Promise<void>
  status(): Promise<Pick<Status, "exposure" | "report" | "contacts" | "next">>
  explain(day: IsoDay): Promise<DayResult>
  /** What the engine makes the kernel choose. */
  backend(): kernel.BackendName
}

const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

/** @param second the phone's clock, in unix seconds */
export async function remotePhone(
  name: string,
  config: Config,
  second: number,
  ports: { readonly store: Store; readonly http: Http; readonly random: Random },
): Promise<RemotePhone> {
  const virtual: VirtualTime = { now: second }
  const now = () => Math.round(virtual.now * 1000) as EpochMs
  const phone = await openPhone(name, config, { ...ports, clock: { now, monotonic: now } })
  const { client } = phone
  return {
    at(second) {
      virtual.now = second
    },
    async start() {
      await client.start()
    },
    async sync() {
      const result = await client.sync({ force: true })
      if (result.is === "failed") return { is: "failed", batches: result.batches, code: String(result.error) }
      return result.is === "done" ? { is: "done", batches: result.batches } : { is: result.is }
    },
    run: task => client.run(task, { signal: never }),
    payload: () => [...(phone.payload() ?? [])],
    hear(payload, rssi, scanId) {
      phone.hear({ payload: Uint8Array.from(payload), rssi, txPower: 0, at: now(), scanId })
    },
    async report(onset, proof) {
      const draft = await client.prepareReport({ onset, proof, consent: { to: "health authority", at: now() } })
      await draft.submit()
    },
    async status() {
      const { exposure, report, contacts, next } = await client.status()
      return { exposure, report, contacts, next }
    },
    explain: day => client.explain(day),
    backend: () => kernel.createMatcher().backend,
  }
}
