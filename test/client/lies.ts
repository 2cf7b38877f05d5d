import { expect } from "chai"
import { type Client, type EpochMs, memoryStore, type Store, type SyncResult } from "../../src/client/index.ts"
import { hybrid, sha256 } from "../../src/crypto/index.ts"
import { PATHS } from "../../src/protocol/index.ts"
import { openPhone, phoneClock, type VirtualTime } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { dump } from "./stored.ts"
import { startOf, TestLog } from "./test-log.ts"

export const FIRST = 220_680
export const SECRET = new Uint8Array(16).fill(77)
export const HEARD = FIRST + 1

export interface Setting {
  readonly log: TestLog
  readonly store: Store
  readonly virtual: VirtualTime
  readonly client: Client
  /** Has somebody near for twenty minutes. */
  hearSomebody(): void
}

/** A phone that has synced up to the batch of FIRST, and a log that goes on to FIRST + 2 with its contact in it. */
export async function setting(): Promise<Setting> {
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

export const codeOf = (result: SyncResult): string => (result.is === "failed" ? result.error.code : result.is)
/** What a sync may change: all but the journal, and what the state says of failures. */
export async function learnt({ store }: Setting): Promise<unknown> {
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
export const batchPath = (bucket: number): string => PATHS.batch("hybrid", bucket)
/** Answers one path with something else. */
export const only =
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

export const LIES: Case[] = [
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
