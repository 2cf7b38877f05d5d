import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import { readSqlite } from "../../src/audit/index.ts"
import { sealedBox } from "../../src/crypto/index.ts"
import { openEnvelope, PATHS } from "../../src/protocol/index.ts"
import { unwrap } from "../../src/server/ingest-keys.ts"
import { native, publishedOf, serverConfig } from "../server/world.ts"
import {
  bound,
  codesOf,
  discard,
  FIRST_BUCKET,
  Handover,
  type Mutant,
  type Person,
  parameters,
  person,
} from "./deployment.ts"

const people = (): Person[] => [0, 1, 2, 3, 4, 5, 6, 7].map(n => person(n, n % 3 === 0))

/** Actions of both kinds, a look at the disks while the bucket is open, and another one after it is published. */
async function handedOver(mutant: Mutant = {}) {
  const world = await Handover.open({ mutant })
  try {
    const everybody = people()
    for (const one of everybody) for (const { status } of await world.act(one)) expect(status).to.be.within(200, 202)
    const outside = world.canaries.filter(({ name }) => !name.startsWith("envelope"))
    const open = await world.seize(outside)
    await world.later(1)
    const closed = await world.seize(world.canaries)
    const batch = await world.file(PATHS.batch("hybrid", FIRST_BUCKET))
    const published = everybody.map(({ report }) => publishedOf(batch, { report, token: new Uint8Array() }).length)
    return { open, closed, published, events: world.events, everybody }
  } finally {
    await world.close()
    discard(world.directory)
  }
}

describe("everything handed over", () => {
  it("H1, H2, H6: of the disks, open or published, nothing is learnt beyond the documented remainder", async () => {
    const { open, closed, published, events, everybody } = await handedOver()
    expect(published.map(count => count > 0)).to.deep.equal(everybody.map(({ reports }) => reports))
    expect(open.findings).to.deep.equal([])
    expect(closed.findings).to.deep.equal([])
    expect(open.learnt.map(({ what }) => what).join()).to.include("8 envelopes came")
    expect(JSON.stringify(events)).to.not.match(/127\.77|agent-of/)
  })
})

const database = (directory: string, ...names: string[]) => {
  const db = new SQLite(join(directory, "data", ...names))
  db.pragma("journal_mode = WAL")
  return db
}

/** An authority that does something else to its codes after each redemption. */
const afterRedeem = (also: (db: SQLite.Database) => void): Mutant => ({
  codes: (real, directory) => ({
    ...real,
    async redeem(attempts, hour) {
      const answers = await real.redeem(attempts, hour)
      also(database(directory, "authority", "codes.sqlite"))
      return answers
    },
  }),
})

/** Each keeps one thing that must not be kept; all else is the real server. */
const MUTANTS: Record<string, { readonly mutant: Mutant; readonly open?: string; readonly closed?: string }> = {
  "a table with row numbers": {
    mutant: {
      codes: (real, directory) => ({
        ...real,
        async redeem(attempts, hour) {
          const db = database(directory, "authority", "codes.sqlite")
          db.exec("CREATE TABLE IF NOT EXISTS seen (code BLOB)")
          for (const { code } of attempts) db.prepare("INSERT INTO seen VALUES (?)").run(code)
          db.close()
          return real.redeem(attempts, hour)
        },
      }),
    },
    open: "unlisted-table",
  },
  "a time beside each upload": {
    mutant: {
      stores: (real, directory) => ({
        ...real,
        envelopes: {
          ...bound(real.envelopes),
          async append(bucket, envelopes) {
            appendFileSync(join(directory, "uploads.log"), `{"level":30,"event":"published","bucket":${Date.now()}}\n`)
            return real.envelopes.append(bucket, envelopes)
          },
        },
      }),
    },
    open: "exact-time",
  },
  "an address in a log": {
    mutant: {
      handler: (real, directory) => (req, res) => {
        appendFileSync(join(directory, "access.log"), `${req.socket.remoteAddress} ${req.method} ${req.url}\n`)
        real(req, res)
      },
    },
    open: "address",
  },
  "a user agent in a compressed log": {
    mutant: {
      handler: (real, directory) => (req, res) => {
        const line = `agent of an upload, again and again: ${req.headers["user-agent"]}\n`.repeat(3)
        writeFileSync(join(directory, `access-${req.socket.remotePort}.log`), gzipSync(line))
        real(req, res)
      },
    },
    open: "canary",
  },
  "the key of a published bucket": {
    mutant: {
      stores: real => ({
        ...real,
        records: { ...real.records, forget: what => real.records.forget({ ...what, keysThrough: 0 }) },
      }),
    },
    closed: "kept-key",
  },
  "the envelopes of a published bucket": {
    mutant: {
      stores: real => ({ ...real, envelopes: { ...bound(real.envelopes), remove: async () => undefined } }),
    },
    closed: "kept-envelopes",
  },
  "a copy of the envelopes elsewhere": {
    mutant: {
      stores: (real, directory) => ({
        ...real,
        envelopes: {
          ...bound(real.envelopes),
          async append(bucket, envelopes) {
            mkdirSync(join(directory, "backup"), { recursive: true })
            for (const one of envelopes)
              appendFileSync(join(directory, "backup", "all"), Buffer.from(one).toString("base64"))
            return real.envelopes.append(bucket, envelopes)
          },
        },
      }),
    },
    open: "unlisted-file",
    closed: "canary",
  },
  "as many tags as reports": {
    mutant: {
      stores: real => ({
        ...real,
        records: {
          ...real.records,
          stage: (bucket, leaves, tags) => real.records.stage(bucket, leaves, tags.slice(0, 3)),
        },
      }),
    },
    closed: "report-count",
  },
  "a log of transactions that is not cut": {
    mutant: afterRedeem(db => {
      db.prepare("UPDATE codes SET noise = randomblob(8)").run()
      keptOpen.push(db)
    }),
    open: "write-ahead-log",
  },
  "rows where they were written": {
    mutant: afterRedeem(db => {
      const place = Buffer.from([0, places++, ...new Uint8Array(30)])
      db.prepare("INSERT INTO codes VALUES (?, 0, 0, 0, randomblob(32), randomblob(8))").run(place)
      db.pragma("wal_checkpoint(TRUNCATE)")
      db.close()
    }),
    open: "row-order",
  },
  "what was deleted": {
    mutant: afterRedeem(db => {
      db.pragma("secure_delete = OFF")
      db.prepare("DELETE FROM codes WHERE code = (SELECT min(code) FROM codes WHERE mechanism = 0)").run()
      db.pragma("wal_checkpoint(TRUNCATE)")
      db.close()
    }),
    open: "deleted-data",
  },
}

let places = 0
const keptOpen: SQLite.Database[] = []
after(() => {
  for (const db of keptOpen) db.close()
})

describe("H1, H2, H6, mutants: a server that keeps too much is found out; it keeps", () => {
  for (const [name, { mutant, open, closed }] of Object.entries(MUTANTS))
    it(name, async () => {
      const seen = await handedOver(mutant)
      if (open !== undefined) expect(codesOf(seen.open), "while the bucket is open").to.include(open)
      if (closed !== undefined) expect(codesOf(seen.closed), "after it is published").to.include(closed)
    })
})

/** Whether who copied every envelope, and has disks and wrapping key, can open one: before and after its bucket ends. */
async function opensWithAllKeys(mutant: Mutant = {}): Promise<boolean[]> {
  const world = await Handover.open({ mutant })
  const kept = join(world.directory, "data", "server", "publisher", "records.sqlite")
  const opens = (): boolean => {
    const found = readSqlite(new Uint8Array(readFileSync(kept))).tables.find(({ name }) => name === "bucket_key")!
    const [, wrapped] = found.rows.find(({ values }) => values[0] === FIRST_BUCKET)?.values ?? []
    if (!(wrapped instanceof Uint8Array)) return false
    const secretKey = unwrap(wrapped, FIRST_BUCKET, serverConfig().wrappingKey)
    const keys = sealedBox.keyPair(secretKey, native.x25519)
    return openEnvelope(world.envelopes[0]!, FIRST_BUCKET, keys, parameters, native.x25519).kind === "report"
  }
  try {
    await world.act(person(1, true))
    const before = opens()
    await world.later(1)
    return [before, opens()]
  } finally {
    await world.close()
    discard(world.directory)
  }
}

describe("H13: with all long-term keys", () => {
  it("envelopes of a published bucket stay closed, and those of the open one do not", async () => {
    expect(await opensWithAllKeys()).to.deep.equal([true, false])
  })

  it("mutant: a server that keeps the keys of buckets", async () => {
    const keeping: Mutant = {
      stores: real => ({
        ...real,
        records: { ...real.records, forget: what => real.records.forget({ ...what, keysThrough: 0 }) },
      }),
    }
    expect(await opensWithAllKeys(keeping)).to.deep.equal([true, true])
  })
})
