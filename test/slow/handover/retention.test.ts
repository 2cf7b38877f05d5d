import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { type Canary, readSqlite } from "../../../src/audit/index.ts"
import { filesOf } from "../../../src/cli/audit/seized.ts"
import { ascii, concat, hmacSha256 } from "../../../src/crypto/index.ts"
import { commitment, PATHS, spentTag } from "../../../src/protocol/index.ts"
import { CONFIG } from "../../authority/deployment.ts"
import { bound, codesOf, discard, FIRST_BUCKET, Handover, type Mutant, person } from "../../handover/deployment.ts"
import { publishedOf } from "../../server/world.ts"

const BUCKETS_A_DAY = 12
const DAYS = 15

const keyed = (label: string, bytes: Uint8Array): Uint8Array => hmacSha256(CONFIG.hashKey, concat(ascii(label), bytes))

/** What the services themselves keep of an action for a while, by design. */
function kept(world: Handover, first: readonly ReturnType<typeof person>[]): Canary[] {
  const codes = world.canaries.filter(({ name }) => name.startsWith("code of"))
  return [
    ...codes.map(({ name, bytes }) => ({ name: `hash of ${name}`, bytes: keyed("lindung/authority/code/1", bytes) })),
    ...first.flatMap(({ name, report }) => [
      {
        name: `hash of the commitment of ${name}`,
        bytes: keyed("lindung/authority/commitment/1", commitment(report)),
      },
      { name: `tag of ${name}`, bytes: spentTag(report.r) },
      ...report.slots.flatMap(slot =>
        slot.revealed ? [{ name: `secret of ${name}`, bytes: slot.bytes.subarray(0, 16) }] : [],
      ),
    ]),
  ]
}

const databases = (directory: string): string[] =>
  ["server/publisher/records.sqlite", "authority/codes.sqlite"].map(name => join(directory, "data", name))

/** Fifteen days after some people acted: what is found of them, and what is free in the databases. */
async function afterDays(daily: boolean, mutant: Mutant = {}) {
  const world = await Handover.open({ mutant })
  try {
    const first = [person(1, true), person(2, false), person(3, true), person(4, false)]
    for (const one of first) await world.act(one)
    await world.later(1)
    const batch = await world.file(PATHS.batch("hybrid", FIRST_BUCKET))
    const published = first.map(({ report }) => publishedOf(batch, { report, token: new Uint8Array() }).length > 0)
    const planted = [...world.canaries, ...kept(world, first)]
    const soon = await world.seize(planted)
    if (daily)
      for (let day = 1; day <= DAYS; day++) {
        // Somebody else, so that rows of many days lie in the pages.
        await world.act(person(100 + 2 * day, true))
        await world.act(person(101 + 2 * day, false))
        await world.later(BUCKETS_A_DAY)
      }
    else await world.later(DAYS * BUCKETS_A_DAY)
    await world.act(person(9, false))
    const late = await world.seize(planted)
    const free = databases(world.directory).map(path => readSqlite(new Uint8Array(readFileSync(path))).freePages)
    const logs = (await filesOf(world.directory)).filter(({ path }) => path.endsWith("-wal"))
    const lengths = logs.map(({ path }) => statSync(join(world.directory, path)).size)
    return { planted, published, soon, late, free, lengths }
  } finally {
    await world.close()
    discard(world.directory)
  }
}

describe("H5: what is over is gone", function () {
  this.timeout(120_000)

  it("of secrets of the first day none is found on day 15, no page is free, and no log of transactions has a byte", async () => {
    const { planted, published, soon, late, free, lengths } = await afterDays(true)
    expect(published).to.deep.equal([true, false, true, false])
    // All that is kept for a while was there: it is not that the search finds nothing.
    for (const what of ["secret of p1", "tag of p3", "hash of code of p1", "hash of the commitment of p3"])
      expect(soon.findings.map(one => one.what).join("\n"), what).to.include(what)
    expect(planted.length).to.be.greaterThan(200)
    expect(late.findings).to.deep.equal([])
    expect(free).to.deep.equal([0, 0])
    expect(lengths).to.have.length.greaterThan(0)
    expect(new Set(lengths)).to.deep.equal(new Set([0]))
  })

  const MUTANTS: Record<string, { readonly mutant: Mutant; readonly finds: readonly string[] }> = {
    "the tags of spent reports": {
      mutant: {
        stores: real => ({
          ...real,
          records: { ...real.records, forget: what => real.records.forget({ ...what, tagsThrough: 0 }) },
        }),
      },
      finds: ["canary", "kept-too-long"],
    },
    "the batches": {
      mutant: {
        stores: real => ({
          ...real,
          tree: {
            ...real.tree,
            remove: async path => (path.startsWith("/batches/") ? undefined : real.tree.remove(path)),
          },
        }),
      },
      finds: ["canary", "kept-too-long"],
    },
    "the codes that ended": {
      mutant: { codes: real => ({ ...real, prune: async () => undefined }) },
      finds: ["canary"],
    },
    "the envelopes": {
      mutant: { stores: real => ({ ...real, envelopes: { ...bound(real.envelopes), remove: async () => undefined } }) },
      finds: ["canary", "kept-envelopes"],
    },
  }
  for (const [name, { mutant, finds }] of Object.entries(MUTANTS))
    it(`mutant: retention that forgets ${name} is found out`, async () => {
      expect(codesOf((await afterDays(false, mutant)).late)).to.include.members(finds)
    })
})
