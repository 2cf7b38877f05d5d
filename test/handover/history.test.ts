import { readFileSync } from "node:fs"
import { join } from "node:path"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import { type CodeStore, sqliteCodeStore } from "../../src/authority/index.ts"
import type { Random } from "../../src/crypto/index.ts"
import { BY, codeRow } from "../contract/code-store.ts"
import { seeded } from "../dice.ts"
import { write } from "../server/world.ts"
import { bound, discard, FIRST_BUCKET, type Mutant, type Person, parameters, person, scratch } from "./deployment.ts"
import { differing, lived } from "./twins.ts"

const EXTRA = 37
const HOUR = 400_000
const key = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const shuffled = <T>(all: readonly T[]): T[] => [
  ...all.filter((_, i) => i % 3 === 2),
  ...all.filter((_, i) => i % 3 < 2),
]

interface Files {
  readonly live: Buffer
  readonly copied: Buffer
}

/** What a store's file is, and its copy by SQLite, after a history. */
async function filesAfter(
  history: (store: CodeStore) => Promise<void>,
  change: (real: CodeStore, path: string) => CodeStore = real => real,
): Promise<Files> {
  const directory = scratch()
  const [path, copy] = [join(directory, "codes.sqlite"), join(directory, "copy.sqlite")]
  try {
    // What is drawn once the decoys are there is part of no history.
    const first = seeded(4)
    let isOpen = false
    const random: Random = { bytes: n => (isOpen ? new Uint8Array(n) : first.bytes(n)) }
    const real = await sqliteCodeStore(path, random)
    isOpen = true
    await history(change(real, path))
    await real.close()
    const live = readFileSync(path)
    const database = new SQLite(path)
    database.prepare("VACUUM INTO ?").run(copy)
    database.close()
    return { live, copied: readFileSync(copy) }
  } finally {
    discard(directory)
  }
}

const CODES = Array.from({ length: 40 }, (_, i) => i + 1)
const attempt = (code: number) => ({ code: key(code), commitment: key(200 - code) })
const cover = (n: number) => ({ code: key(240), commitment: new Uint8Array(32).fill(n) })

const plain = async (store: CodeStore): Promise<void> => {
  for (const code of CODES) await store.add([codeRow(code)], BY)
  for (const code of CODES.slice(0, 15)) await store.redeem([attempt(code)], HOUR)
  await store.redeem([cover(0)], HOUR)
}

const other = async (store: CodeStore): Promise<void> => {
  for (const code of shuffled(CODES)) {
    await store.add([codeRow(code)], BY)
    await store.redeem([cover(code)], HOUR)
  }
  for (const code of shuffled(CODES.slice(0, 15))) await store.redeem([cover(1), attempt(code), attempt(code)], HOUR)
  for (let i = 0; i < EXTRA; i++) await store.redeem([cover(i)], HOUR)
  await store.prune(HOUR)
}

describe("H4: files of equal content are equal, whatever happened before:", () => {
  it("the authority's codes: another order, 37 more cover requests, a look for old ones; live and copied", async () => {
    const [a, b] = [await filesAfter(plain), await filesAfter(other)]
    expect(b.live.equals(a.live), "the file").to.equal(true)
    expect(b.copied.equals(a.copied), "its copy").to.equal(true)
    expect(a.live.length).to.be.greaterThan(10_000)
  })

  it("mutants: a file that is as it was written, and one that counts how often it was made anew", async () => {
    const careless =
      (tidy: string) =>
      (real: CodeStore, path: string): CodeStore => {
        const database = new SQLite(path)
        const add = database.prepare("INSERT INTO codes VALUES (?, 1, 1, 1, zeroblob(32), zeroblob(8))")
        return {
          ...real,
          async add(rows) {
            for (const { code } of rows) add.run(code)
            database.exec(tidy)
          },
          async redeem(attempts) {
            database.exec(tidy)
            return attempts.map(() => undefined)
          },
          async prune() {
            database.close()
          },
        }
      }
    for (const tidy of ["", "VACUUM"]) {
      const [a, b] = [await filesAfter(plain, careless(tidy)), await filesAfter(other, careless(tidy))]
      expect(b.live.equals(a.live), tidy).to.equal(false)
      // The count is in a copy too; the order is not.
      expect(b.copied.equals(a.copied), tidy).to.equal(tidy === "")
    }
  })

  const reports = [0, 1, 2].map(n => person(n, true, write("hybrid", FIRST_BUCKET, parameters).report))
  const covers = Array.from({ length: EXTRA }, (_, n) => person(10 + n, false, reports[0]!.report))
  const [few, many]: Person[][] = [
    [...reports, covers[0]!],
    [...shuffled(covers), ...shuffled(reports)],
  ]

  it("the key server's files once the bucket is over: another order, and 37 envelopes of cover", async () => {
    const [a, b] = [await lived(few!), await lived(many!)]
    expect(differing(a.closed, b.closed)).to.deep.equal([])
    expect([...a.closed.keys()]).to.include("publisher/records.sqlite")
  })

  it("mutant: a publisher that keeps noise for each envelope", async () => {
    const mutant: Mutant = {
      stores(real) {
        let came = 0
        return {
          ...real,
          envelopes: {
            ...bound(real.envelopes),
            async append(bucket, envelopes) {
              came += envelopes.length
              return real.envelopes.append(bucket, envelopes)
            },
          },
          records: {
            ...real.records,
            stage: (bucket, leaves, tags) =>
              real.records.stage(bucket, leaves, [...tags, ...Array.from({ length: came }, (_, i) => key(i))]),
          },
        }
      },
    }
    const [a, b] = [await lived(few!, mutant), await lived([...few!, ...covers.slice(1, 5)], mutant)]
    expect(differing(a.closed, b.closed)).to.deep.equal(["publisher/records.sqlite"])
  })
})
