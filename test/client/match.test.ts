import { expect } from "chai"
import fc from "fast-check"
import { readHeard } from "../../src/client/heard.ts"
import { type EpochMs, memoryStore, type Store } from "../../src/client/index.ts"
import { coarseKey, freshKey } from "../../src/client/layout.ts"
import { applyBatch, batchMatcher, paceOf, pruneObservations } from "../../src/client/match.ts"
import { hex, hybrid, kernel, lowCost } from "../../src/crypto/index.ts"
import {
  type Batch,
  type Design,
  designByName,
  encodeBatch,
  parseBatch,
  type SecretBatch,
} from "../../src/protocol/index.ts"
import { type Kept, observations } from "./stored.ts"

const L = { epochMinutes: 15, windowMinutes: 120 }
const BUCKET = 220_680 // 00:00 UTC of day 18,390
const DAY = 18_390
const [HYBRID, LOW_COST] = ["hybrid", "low-cost"].map(name => designByName(name)!) as [Design, Design]

const secret = (design: Design, n: number): Uint8Array => new Uint8Array(design.secretBytes).fill(n)
const batchOf = (design: Design, bucket: number, secrets: Map<number, Uint8Array[]>): SecretBatch =>
  parseBatch(
    encodeBatch({ design, bucket, parametersHash: new Uint8Array(32), salt: new Uint8Array(16) }, secrets),
  ) as SecretBatch
const SCAN = Uint8Array.of(50, 50, 0, 240, 0, 0, 0, 1)

interface Heard {
  readonly slot: number
  readonly id: Uint8Array
  readonly bucket: number
  readonly after: number
}
const keep = (store: Store, all: readonly Heard[]) =>
  store.write(tx => {
    for (const { slot, id, bucket, after } of all) tx.put(freshKey(slot, id, bucket, after), SCAN)
  })
async function process(store: Store, batch: Batch): Promise<number> {
  const { design } = batch
  const heard = await store.read(tx => readHeard(tx, design))
  const pace = paceOf({ now: () => 0 as EpochMs, monotonic: () => 0 }, undefined)
  const kernelMatcher = kernel.inThread(kernel.createMatcher(), pace)
  const matcher = await batchMatcher({ matcher: kernelMatcher, pace, design, heard, lengths: L })
  const places = (await matcher.match(batch, () => false))!
  await store.write(tx => applyBatch(tx, batch, heard, places, L))
  return places.length
}
const kinds = async (store: Store) => (await observations(store)).map(({ kind }) => kind)

describe("a match (protocol §3)", () => {
  const id = hybrid.ephIds(secret(HYBRID, 1))[3]!
  const published = (bucket: number, slot = BUCKET) =>
    batchOf(HYBRID, bucket, new Map([[slot, [secret(HYBRID, 1), secret(HYBRID, 2)]]]))
  const cases: [claim: string, heard: Partial<Heard>, batch: Batch, matches: boolean][] = [
    ["heard in the window, before the batch", {}, published(BUCKET + 1), true],
    ["heard in the last second of the batch's bucket", { bucket: BUCKET + 1 }, published(BUCKET + 1), true],
    ["heard after the batch's bucket", { bucket: BUCKET + 2 }, published(BUCKET + 1), false],
    ["heard when the newest head was the batch before", { after: BUCKET }, published(BUCKET + 1), true],
    ["heard when the batch was in the newest head", { after: BUCKET + 1 }, published(BUCKET + 1), false],
    ["heard when a later batch was in the newest head", { after: BUCKET + 2 }, published(BUCKET + 1), false],
    ["heard in another window", { slot: BUCKET - 1 }, published(BUCKET + 1), false],
    ["an identifier of nobody's", { id: new Uint8Array(16) }, published(BUCKET + 1), false],
  ]
  for (const [claim, heard, batch, matches] of cases)
    it(`${matches ? "counts" : "does not count"}: ${claim}`, async () => {
      const store = memoryStore()
      await keep(store, [{ slot: BUCKET, id, bucket: BUCKET, after: BUCKET - 1, ...heard }])
      expect(await process(store, batch)).to.equal(matches ? 1 : 0)
      expect((await kinds(store)).includes("matched")).to.equal(matches)
    })

  it("is moved with its scans, once, however many published secrets explain it", async () => {
    const store = memoryStore()
    await keep(store, [
      { slot: BUCKET, id, bucket: BUCKET, after: 5 },
      { slot: BUCKET, id, bucket: BUCKET, after: 6 },
    ])
    await process(store, published(BUCKET + 1))
    await process(store, published(BUCKET + 2))
    expect(await observations(store)).to.deep.equal([{ kind: "matched", slot: BUCKET, id: hex(id), scans: 2 }])
  })

  it("low-cost: a day key matches its day and the days after it, up to the batch's", async () => {
    const key = secret(LOW_COST, 1)
    const chain = [key, lowCost.nextDayKey(key), lowCost.nextDayKey(lowCost.nextDayKey(key))]
    const ids = chain.map(one => lowCost.ephIds(one)[7]!)
    const store = memoryStore()
    const bucketOf = (day: number) => day * 12
    await keep(
      store,
      ids.map((one, i) => ({ slot: DAY + i, id: one, bucket: bucketOf(DAY), after: 1 })),
    )
    // Published on the second of the three days.
    await process(store, batchOf(LOW_COST, bucketOf(DAY + 1), new Map([[DAY, [key]]])))
    const kept = new Map((await observations(store)).map(({ slot, kind }) => [slot, kind]))
    expect(kept).to.deep.equal(
      new Map([
        [DAY, "matched"],
        [DAY + 1, "matched"],
        [DAY + 2, "coarse"],
      ]),
    )
  })
})

/** The rules of §3, word by word, over a list. */
function naive(design: Design, heard: readonly Heard[], batches: readonly SecretBatch[]): Kept[] {
  const gone = new Set<number>()
  const coarse = new Set<number>()
  for (const { bucket, groups } of batches) {
    const explained = new Set<string>()
    for (const { slot, secrets } of groups)
      for (let at = 0; at < secrets.length; at += design.secretBytes) {
        let one: Uint8Array = secrets.slice(at, at + design.secretBytes)
        if (design === HYBRID) for (const id of hybrid.ephIds(one)) explained.add(`${slot} ${hex(id)}`)
        else
          for (
            let day = slot;
            day <= Math.floor((7200 * (bucket + 1) - 1) / 86_400);
            day++, one = lowCost.nextDayKey(one)
          )
            for (const id of lowCost.ephIds(one)) explained.add(`${day} ${hex(id)}`)
      }
    heard.forEach((one, i) => {
      if (gone.has(i)) return
      const isBefore = coarse.has(i) || (one.bucket * 7200 < 7200 * (bucket + 1) && one.after < bucket)
      if (isBefore && explained.has(`${one.slot} ${hex(one.id)}`)) gone.add(i)
      else if (one.bucket * 7200 < 7200 * (bucket + 1) && one.after < bucket + 1) coarse.add(i)
    })
  }
  const merged = new Map<string, Kept>()
  heard.forEach((one, i) => {
    const kind = gone.has(i) ? "matched" : coarse.has(i) ? "coarse" : "fresh"
    const marks = kind === "fresh" ? { marks: { bucket: one.bucket, after: one.after } } : {}
    const kept: Kept = { kind, slot: one.slot, id: hex(one.id), scans: 1, ...marks }
    const name = JSON.stringify({ ...kept, scans: 0 })
    merged.set(name, { ...kept, scans: (merged.get(name)?.scans ?? 0) + 1 })
  })
  return [...merged.values()]
}

for (const design of [HYBRID, LOW_COST])
  it(`matches, and coarsens, exactly as a naive model of the rules does: ${design.name}`, async () => {
    const first = design === HYBRID ? BUCKET : DAY
    const known = (n: number): readonly Uint8Array[] =>
      design === HYBRID ? hybrid.ephIds(secret(design, n)) : lowCost.ephIds(secret(design, n))
    const next = (n: number) => lowCost.ephIds(lowCost.nextDayKey(secret(LOW_COST, n)))
    const id = fc.oneof(
      fc.record({ n: fc.nat(2), i: fc.nat(2) }).map(({ n, i }) => known(n)[i]!),
      fc.nat(2).map(n => (design === HYBRID ? new Uint8Array(16).fill(n) : next(n)[0]!)),
    )
    const heard = fc.uniqueArray(
      fc.record({
        slot: fc.nat(2).map(n => first + n),
        id,
        bucket: fc.nat(5).map(n => BUCKET + n),
        after: fc.oneof(fc.constant(0), fc.integer({ min: BUCKET - 1, max: BUCKET + 4 })),
      }),
      { maxLength: 12, selector: one => JSON.stringify([one.slot, hex(one.id), one.bucket, one.after]) },
    )
    const group = fc.dictionary(
      fc.constantFrom("0", "1", "2"),
      fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }),
    )
    const groups = fc.array(group, { minLength: 1, maxLength: 4 })
    const order = (all: readonly Kept[]) => all.map(one => JSON.stringify(one)).sort()
    await fc.assert(
      fc.asyncProperty(heard, groups, async (all, secrets) => {
        const batches = secrets.map((one, i) => {
          const bySlot = Object.entries(one).map(([n, list]): [number, Uint8Array[]] => [
            first + Number(n),
            list.map(value => secret(design, value)),
          ])
          return batchOf(design, BUCKET + 1 + i, new Map(bySlot))
        })
        const store = memoryStore()
        await keep(store, all)
        for (const batch of batches) await process(store, batch)
        expect(order(await observations(store))).to.deep.equal(order(naive(design, all, batches)))
      }),
      { numRuns: design === HYBRID ? 150 : 60 },
    )
  })

it("observations are forgotten when their fourteen days are over, and not before", async () => {
  const store = memoryStore()
  const perDay = 12
  const id = new Uint8Array(16)
  const slots = [DAY - 14, DAY - 13, DAY].map(day => day * perDay + 11)
  await keep(
    store,
    slots.map(slot => ({ slot, id, bucket: slot, after: 0 })),
  )
  await store.write(tx => tx.put(coarseKey(slots[0]!, id), SCAN))
  await store.write(tx => pruneObservations(tx, HYBRID, DAY - 13, L))
  expect((await observations(store)).map(({ slot }) => slot)).to.deep.equal(slots.slice(1))
})
