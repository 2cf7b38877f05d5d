import { expect } from "chai"
import { type Client, type EpochMs, memoryStore, type Store, type SyncResult } from "../../src/client/index.ts"
import { hybrid, sha256 } from "../../src/crypto/index.ts"
import { PATHS } from "../../src/protocol/index.ts"
import { openPhone, phoneClock, type VirtualTime } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { dump } from "./stored.ts"
import { startOf, TestLog } from "./test-log.ts"

const FIRST = 220_680
const SECRET = new Uint8Array(16).fill(77)
const HEARD = FIRST + 1
const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

interface Setting {
  readonly log: TestLog
  readonly store: Store
  readonly virtual: VirtualTime
  readonly client: Client
  /** Has somebody near for twenty minutes. */
  hearSomebody(): void
}

/** A phone that has synced up to the batch of FIRST, and a log that goes on to FIRST + 2 with its contact in it. */
async function setting(): Promise<Setting> {
  const log = new TestLog(FIRST)
  log.addBatch(FIRST)
  log.publish(FIRST)
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const store = memoryStore()
  const phone = await openPhone("phone", log.config, {
    clock: phoneClock(virtual),
    store,
    http: log.http,
    random: seeded(5),
  })
  await phone.client.start()
  expect(await phone.client.sync()).to.include({ is: "done" })
  const hearSomebody = () => {
    const payload = hybrid.ephIds(SECRET)[2]!
    for (let scanId = 0; scanId < 6; scanId++, virtual.now += 240)
      phone.hear({ payload, rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
  }
  hearSomebody()
  log.addBatch(FIRST + 1, log.batch(FIRST + 1, new Map([[HEARD, [SECRET]]])))
  log.addBatch(FIRST + 2)
  log.publish(FIRST + 2)
  virtual.now = startOf(FIRST + 3) + 60
  return { log, store, virtual, client: phone.client, hearSomebody }
}

const codeOf = (result: SyncResult): string => (result.is === "failed" ? result.error.code : result.is)
/** What a sync may change: all but the journal, and what the state says of failures. */
async function learnt({ store }: Setting): Promise<unknown> {
  const state = (await dump(store, "m")).map(([, value]) => JSON.parse(Buffer.from(value, "hex").toString()))
  return [
    ...(await dump(store, "x")),
    ...state.map(({ head, cursor, told, ingestKeys, syncedAt, parameters }) => ({
      head,
      cursor,
      told,
      ingestKeys,
      syncedAt,
      parameters,
    })),
  ]
}
const withBit = (file: Uint8Array, at: number): Uint8Array => file.map((byte, i) => (i === at ? byte ^ 1 : byte))
const batchPath = (bucket: number): string => PATHS.batch("hybrid", bucket)
/** Answers one path with something else. */
const only =
  (path: string, change: (file: Uint8Array) => Uint8Array | undefined) => (asked: string, file?: Uint8Array) =>
    asked === path && file ? change(file) : file

/** A rewritten history: the same size as another, or longer. */
function forked(log: TestLog, more: number): void {
  log.leaves[1] = withBit(log.leaves[1]!, 40)
  for (let i = 0; i < more; i++) log.addBatch(FIRST + 3 + i)
  log.publish(FIRST + 2 + more)
}

/**
 * What becomes of the head: it `stays` when nothing was believed; it `moves` when only a file under it was bad; a phone
 * that believed a head in which a bad batch is logged holds the log to it, and nothing but that log is `held` good.
 */
type Case = [claim: string, code: string, lie: (at: Setting) => void, head?: "stays" | "moves" | "held"]

const LIES: Case[] = [
  [
    "a head signed by another key",
    "signature",
    ({ log }) => log.publish(FIRST + 2, { seed: new Uint8Array(32).fill(3) }),
  ],
  ["a head of another log", "signature", ({ log }) => log.publish(FIRST + 2, { name: "other.example" })],
  [
    "a head that was changed after it was signed",
    "signature",
    ({ log }) => {
      log.tamper = only(PATHS.checkpoint, file => {
        const at = Buffer.from(file).indexOf("bucket ") + 12
        return withBit(file, at)
      })
    },
  ],
  ["a head that is not a note", "format", ({ log }) => log.files.set(PATHS.checkpoint, new Uint8Array(200).fill(65))],
  [
    "a shorter log than was known",
    "log-inconsistent",
    ({ log }) => {
      log.leaves.length = 2
      log.publish(FIRST + 2)
    },
  ],
  ["a head of an earlier bucket", "log-inconsistent", ({ log }) => log.publish(FIRST - 1)],
  ["a longer log with another past", "log-inconsistent", ({ log }) => forked(log, 1)],
  [
    "two heads of one size",
    "log-inconsistent",
    ({ log }) => {
      log.leaves.length = 3
      log.leaves[2] = withBit(log.leaves[2]!, 40)
      log.publish(FIRST + 2)
    },
  ],
  [
    "a tile that does not make the root",
    "log-inconsistent",
    ({ log }) => {
      log.tamper = (path, file) => (path.startsWith("/tile/0/") && file ? withBit(file, 5) : file)
    },
  ],
  [
    "a leaf that is not under the head",
    "not-in-log",
    ({ log }) => {
      log.tamper = (path, file) => (path.startsWith("/tile/entries/") && file ? withBit(file, file.length - 1) : file)
    },
  ],
  [
    "a tile of the wrong length",
    "format",
    ({ log }) => {
      log.tamper = (path, file) => (path.startsWith("/tile/0/") && file ? file.slice(1) : file)
    },
  ],
  [
    "a bucket without a batch",
    "log-inconsistent",
    ({ log }) => {
      log.leaves.splice(3, 1)
      log.publish(FIRST + 2)
    },
  ],
  [
    "a newest bucket without a batch",
    "log-inconsistent",
    ({ log }) => {
      log.leaves.splice(4, 1)
      log.publish(FIRST + 2)
    },
  ],
  [
    "a batch logged twice",
    "log-inconsistent",
    ({ log }) => {
      log.addBatch(FIRST + 2)
      log.publish(FIRST + 2)
    },
  ],
  [
    "another batch than the one that was logged",
    "not-in-log",
    ({ log }) => {
      log.files.set(batchPath(FIRST + 1), log.batch(FIRST + 1, new Map([[HEARD, [SECRET.map(byte => byte + 1)]]])))
    },
    "moves",
  ],
  [
    "a truncated batch",
    "format",
    ({ log }) => {
      log.tamper = only(batchPath(FIRST + 1), file => file.slice(0, -1))
    },
    "moves",
  ],
  [
    "a batch that is longer than was logged",
    "format",
    ({ log }) => {
      log.tamper = only(batchPath(FIRST + 1), file => Uint8Array.of(...file, 0))
    },
    "moves",
  ],
  [
    "a damaged batch",
    "format",
    ({ log }) => {
      log.tamper = only(batchPath(FIRST + 1), file => withBit(file, 0))
    },
    "moves",
  ],
  ["no batch", "server", ({ log }) => log.files.delete(batchPath(FIRST + 1)), "moves"],
  [
    "a logged batch that does not parse",
    "format",
    ({ log }) => {
      log.leaves.splice(3, 2)
      log.addBatch(FIRST + 1, Uint8Array.of(1, 2, 3))
      log.addBatch(FIRST + 2)
      log.publish(FIRST + 2)
    },
    "held",
  ],
  ...(
    [
      ["of another bucket", "format", log => log.batch(FIRST + 2, new Map([[HEARD, [SECRET]]]))],
      ["of another design", "format", log => log.batch(FIRST + 1, new Map(), { design: "low-cost" })],
      ["made under other parameters", "not-in-log", log => log.batch(FIRST + 1, new Map(), { hash: sha256() })],
      ["with a window that is yet to come", "format", log => log.batch(FIRST + 1, new Map([[FIRST + 2, [SECRET]]]))],
      ["with a window of last month", "format", log => log.batch(FIRST + 1, new Map([[FIRST - 400, [SECRET]]]))],
    ] as [string, string, (log: TestLog) => Uint8Array][]
  ).map(
    ([what, code, make]): Case => [
      `a logged batch ${what}`,
      code,
      ({ log }) => {
        log.leaves.splice(3, 2)
        log.addBatch(FIRST + 1, make(log))
        log.addBatch(FIRST + 2)
        log.publish(FIRST + 2)
      },
      "held",
    ],
  ),
  [
    "a parameter set that is not logged",
    "not-in-log",
    ({ log }) => {
      log.tamper = only(PATHS.parameters, file =>
        Uint8Array.from([
          ...file,
          10,
          ...Buffer.from(
            Buffer.from(file)
              .toString()
              .replace(`${FIRST}`, `${FIRST + 50}`),
          ),
        ]),
      )
    },
  ],
  [
    "another parameter set than was known",
    "log-inconsistent",
    ({ log }) => {
      log.tamper = only(PATHS.parameters, file =>
        Buffer.from(Buffer.from(file).toString().replace('"minPaddingReports":20', '"minPaddingReports":21')),
      )
    },
  ],
  ["parameters that do not parse", "format", ({ log }) => log.files.set(PATHS.parameters, Uint8Array.of(123))],
  [
    "ingest keys that are not logged",
    "not-in-log",
    ({ log }) => log.files.set(PATHS.ingestKeys, log.keyList(FIRST + 24, 1)),
  ],
  [
    "a second ingest key for a bucket",
    "log-inconsistent",
    ({ log }) => {
      const second = log.keyList(FIRST, 99)
      log.addLogged("ingest-keys", FIRST + 2, second)
      log.files.set(PATHS.ingestKeys, second)
      log.publish(FIRST + 2)
    },
  ],
  [
    "ingest keys that are cut off",
    "format",
    ({ log }) => log.files.set(PATHS.ingestKeys, log.keyList(FIRST, 1).slice(5)),
  ],
  [
    "a head too old to be the newest",
    "stale",
    at => {
      at.virtual.now = startOf(FIRST + 7) + 60
    },
  ],
  [
    "a head of a bucket that has not begun here",
    "clock-skew",
    ({ log }) => {
      log.addBatch(FIRST + 3)
      log.addBatch(FIRST + 4)
      log.publish(FIRST + 4)
    },
  ],
  ...([301, 404, 500, 429, 503] as const).map(
    (status): Case => [
      `status ${status}`,
      ({ 429: "rate-limited", 503: "full" } as Record<number, string>)[status] ?? "server",
      ({ log }) => {
        const { send } = log.http
        log.http.send = async request => {
          const answer = await send(request)
          return request.url.endsWith("/checkpoint") ? { ...answer, status } : answer
        }
      },
    ],
  ),
  [
    "nobody",
    "network",
    ({ log }) => {
      log.tamper = () => {
        throw new Error("no route to host")
      }
    },
  ],
]

describe("a sync", () => {
  it("takes every new batch, oldest first, and tells the day", async () => {
    const at = await setting()
    const result = await at.client.sync()
    expect(result).to.deep.equal({ is: "done", batches: 2, keys: 1, newDays: ["2020-05-08"] })
    expect((await at.client.status()).exposure.is).to.equal("exposed")
    const again = await at.client.sync({ force: true })
    expect(again).to.deep.equal({ is: "done", batches: 0, keys: 0, newDays: [] })
  })

  for (const [claim, code, lie, head = "stays"] of LIES)
    it(`refuses ${claim} as ${code}, keeps what it had, and ${head === "held" ? "holds the log to it" : "goes on when the server is good again"}`, async () => {
      const at = await setting()
      const good = { leaves: [...at.log.leaves], files: new Map(at.log.files), now: at.virtual.now, ...at.log.http }
      const before = await learnt(at)
      lie(at)
      const result = await at.client.sync()
      expect(codeOf(result)).to.equal(code)
      expect(result).to.include({ is: "failed", batches: 0 })
      const after = await learnt(at)
      if (head === "stays") expect(after).to.deep.equal(before)
      else expect((after as { cursor: number }[]).at(-1)!.cursor).to.equal(FIRST)
      expect((await at.client.status()).exposure).to.include({ is: "none" })

      at.log.leaves.splice(0, at.log.leaves.length, ...good.leaves)
      at.log.files.clear()
      for (const [path, file] of good.files) at.log.files.set(path, file)
      at.log.tamper = (_, file) => file
      at.log.http.send = good.send
      at.virtual.now = good.now
      const recovered = await at.client.sync({ force: true })
      expect(codeOf(recovered)).to.equal(head === "held" ? "log-inconsistent" : "done")
      if (recovered.is === "done") expect(recovered.newDays).to.deep.equal(["2020-05-08"])
    })

  it("keeps the batches before the one that failed, and resumes there", async () => {
    const at = await setting()
    at.log.tamper = only(batchPath(FIRST + 2), () => undefined)
    expect(await at.client.sync()).to.include({ is: "failed", batches: 1 })
    expect((await at.client.status()).exposure.is).to.equal("exposed")
    at.log.tamper = (_, file) => file
    at.log.requests.length = 0
    expect(await at.client.sync({ force: true })).to.include({ is: "done", batches: 1 })
    expect(at.log.requests.map(({ url }) => url).filter(url => url.includes("batches"))).to.have.length(1)
  })

  it("which files a phone asks for depends on the log and its cursor alone", async () => {
    const asked = async (hears: boolean) => {
      const at = await setting()
      if (hears) at.hearSomebody()
      at.log.requests.length = 0
      await at.client.sync()
      return at.log.requests.map(({ method, url, headers }) => ({ method, url, headers }))
    }
    expect(await asked(true)).to.deep.equal(await asked(false))
  })

  it("waits for its interval, and after failures longer and longer, but not when it is forced", async () => {
    const at = await setting()
    await at.client.sync()
    expect(await at.client.sync()).to.deep.equal({
      is: "skipped",
      why: "too-soon",
      until: (at.virtual.now + 7200) * 1000,
    })
    at.virtual.now += 7200
    at.log.tamper = () => undefined
    const waits: number[] = []
    for (let n = 0; n < 9; n++) {
      const result = await at.client.sync({ force: true })
      const { notBefore } = (result as Extract<SyncResult, { is: "failed" }>).error
      waits.push(notBefore! / 1000 - at.virtual.now)
      expect(await at.client.sync()).to.include({ is: "skipped", until: notBefore })
    }
    waits.forEach((wait, n) => {
      const longest = Math.min(60 * 2 ** n, 4 * 3600)
      expect(wait).to.be.within(longest / 2, longest)
    })
    expect((await at.client.status()).next.sync).to.equal((at.virtual.now + waits.at(-1)!) * 1000)
  })

  it("runs once at a time", async () => {
    const at = await setting()
    const [first, second] = await Promise.all([at.client.sync(), at.client.sync()])
    expect([first.is, second]).to.deep.equal(["done", { is: "skipped", why: "running" }])
  })

  it("ends when its caller gives up, keeps what is done, and does not count that as a failure", async () => {
    const at = await setting()
    const signal = { ...never }
    at.log.tamper = (path, file) => {
      if (path === batchPath(FIRST + 2)) signal.aborted = true
      return file
    }
    const stopped = await at.client.sync({ signal })
    expect(codeOf(stopped)).to.equal("aborted")
    expect(stopped).to.include({ is: "failed", batches: 1 })
    expect(await at.client.sync()).to.include({ is: "done", batches: 1 })
  })

  it("a wrong clock is an impediment until a sync has succeeded", async () => {
    const at = await setting()
    at.virtual.now = startOf(FIRST - 3)
    expect(codeOf(await at.client.sync())).to.equal("clock-skew")
    const { tracing } = await at.client.status()
    expect(tracing.is === "limited" && tracing.by.map(({ code, userCan }) => [code, userCan])).to.deep.equal([
      ["clock-wrong", "fix-clock"],
    ])
    at.virtual.now = startOf(FIRST + 3) + 60
    expect(codeOf(await at.client.sync({ force: true }))).to.equal("done")
    expect((await at.client.status()).tracing.is).to.equal("on")
  })

  it("a clock that is set back neither stops syncing nor makes a replay count", async () => {
    const at = await setting()
    await at.client.sync()
    // What has been published is replayed to a phone whose clock says it has not.
    const matched = await dump(at.store, "x")
    at.virtual.now = startOf(FIRST + 1) + 60
    at.hearSomebody()
    at.virtual.now = startOf(FIRST + 4) + 60
    at.log.addBatch(FIRST + 3, at.log.batch(FIRST + 3, new Map([[HEARD, [SECRET]]])))
    at.log.publish(FIRST + 3)
    expect(await at.client.sync()).to.include({ is: "done", batches: 1 })
    const after = await dump(at.store, "x")
    expect(after).to.have.length(matched.length)
  })
})
