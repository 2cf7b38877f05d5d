import { type EpochMs, type HttpRequest, isoDay, memoryStore } from "../../src/client/index.ts"
import { updateState } from "../../src/client/state.ts"
import { code, time } from "../../src/crypto/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { never } from "./lab.ts"
import { startOf, TestLog } from "./test-log.ts"

const FIRST = 220_680

export type Kind = "report" | "wrong code" | "cover"

/** One action as anybody on the wire sees it. */
export interface Seen {
  /** Requests in their order, without what is inside them. */
  readonly requests: readonly object[]
  /** Seconds from the redemption to the first upload. */
  readonly pause: number
  /** Buckets from the first upload to the second, and where in its bucket the second one is, in parts of it. */
  readonly buckets: number
  readonly place: number
}

/** A phone whose every write takes so many seconds. */
export interface Slow {
  readonly writeSeconds: number
  /** Pauses as long as it likes after its work: what a phone must not do. */
  readonly impatient?: boolean
}

/** One action of a phone, from its first request to its last. */
export async function action(kind: Kind, seed: number, { writeSeconds, impatient = false }: Slow): Promise<Seen> {
  const log = new TestLog(FIRST)
  log.addBatch(FIRST)
  log.publish(FIRST)
  log.contagiousFromDay = FIRST / 12
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const store = memoryStore()
  const dice = seeded(1000 + seed)
  const seen: (HttpRequest & { at: number })[] = []
  const config = { ...log.config, cover: kind === "cover" ? ({ meanDays: 1, catchUpHours: 48 } as const) : "off" }
  const { client, hear } = await openPhone("phone", config as typeof log.config, {
    clock: phoneClock(virtual),
    random: seeded(seed),
    store: {
      ...store,
      async write(f) {
        virtual.now += writeSeconds
        return store.write(f)
      },
    },
    http: {
      async send(request) {
        if (request.method === "POST") seen.push({ ...request, at: virtual.now })
        return log.http.send(request)
      },
    },
    wait: async milliseconds => {
      virtual.now += impatient ? 2 + (3 * dice.bytes(1)[0]!) / 256 : milliseconds / 1000
    },
  })
  await client.start()
  await client.sync()
  // An identifier of nobody's, close by: what a report may concern.
  for (let scanId = 0; scanId < 3; scanId++, virtual.now += 240)
    hear({ payload: new Uint8Array(16), rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
  const act = async () => {
    const { next } = await client.status()
    virtual.now = Math.max(virtual.now, (next.cover ?? 0) / 1000)
    await client.run("cover", { signal: never })
  }
  if (kind === "cover") {
    // Its time has come; the next one would only be in the way.
    await store.write(tx => updateState(tx, { coverAt: virtual.now - 1 }))
    await act()
    await store.write(tx => updateState(tx, { coverAt: undefined }))
  } else {
    const proof = kind === "report" ? code.generate(seeded(seed)) : "00000000000000"
    const consent = { to: "health authority", at: (virtual.now * 1000) as EpochMs }
    const draft = await client.prepareReport({ onset: isoDay(FIRST / 12), proof, consent })
    await draft.submit().catch(error => {
      if (error.code !== "proof-invalid") throw error
    })
  }
  await act()
  const [redeem, first, second] = seen.map(({ at }) => at) as [number, number, number]
  await client.close()
  return {
    requests: seen.slice(0, 3).map(({ method, url, headers, body, maxBytes }) => {
      return { method, url, headers: Object.entries(headers), bytes: body!.length, maxBytes }
    }),
    pause: first - redeem,
    buckets: time.bucket(second) - time.bucket(first),
    place: (second % time.SECONDS_PER_BUCKET) / time.SECONDS_PER_BUCKET,
  }
}

/** The largest distance of two empirical distributions, in units of its scale (Kolmogorov and Smirnov). */
export function distance(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map(x => [x, 1 / a.length] as const), ...b.map(x => [x, -1 / b.length] as const)]
  all.sort(([x], [y]) => x - y)
  let [sum, largest] = [0, 0]
  for (const [i, [x, step]] of all.entries()) {
    sum += step
    if (all[i + 1]?.[0] !== x) largest = Math.max(largest, Math.abs(sum))
  }
  return largest / Math.sqrt(1 / a.length + 1 / b.length)
}
