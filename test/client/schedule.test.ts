import { expect } from "chai"
import { memoryStore, type Store, type WriteTx } from "../../src/client/index.ts"
import { secretKey } from "../../src/client/layout.ts"
import { currentSlot, ensureSlot, ephIdAt, pruneSecrets, renewSecrets } from "../../src/client/schedule.ts"
import { SHORT_BYTES } from "../../src/client/store/overlay.ts"
import { hex, hybrid, lowCost, type Random, sha256 } from "../../src/crypto/index.ts"
import { DESIGNS, type Design, designByName, slotAt } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"

const L = { epochMinutes: 15, windowMinutes: 120 }
const DAY = 18_390
const noon = DAY * 86_400 + 43_200
const designs = ["hybrid", "low-cost", "unlinkable"].map(name => designByName(name)!)
const secretOf = async (store: Store, design: Design, slot: number) =>
  (await store.read(async tx => tx.get(secretKey(slot))))?.slice(0, design.secretBytes)

const currentEphId = async (tx: WriteTx, design: Design, second: number, lengths: typeof L, random: Random) =>
  ephIdAt(design, await currentSlot(tx, design, second, lengths, random), second, lengths)

const DERIVE: Readonly<Record<string, (secret: Uint8Array) => Uint8Array[]>> = {
  hybrid: secret => hybrid.ephIds(secret),
  "low-cost": secret => lowCost.ephIds(secret),
  unlinkable: seed => [sha256(seed).slice(0, 16)],
}

/** What is broadcast in every epoch of a slot. */
async function broadcast(store: Store, design: Design, slot: number, random = seeded(1)) {
  const seconds = design.slotSeconds(L)
  return Promise.all(
    Array.from({ length: seconds / 900 }, (_, epoch) =>
      store.write(tx => currentEphId(tx, design, slot * seconds + epoch * 900 + 450, L, random)),
    ),
  )
}

for (const design of designs)
  describe(`the schedule of ${design.name}`, () => {
    const slot = Math.floor(noon / design.slotSeconds(L))

    it("broadcasts the identifiers of the slot's secret, each in one epoch", async () => {
      const store = memoryStore()
      const sent = (await broadcast(store, design, slot)).map(({ ephId }) => hex(ephId))
      const secret = (await secretOf(store, design, slot))!
      const derived = DERIVE[design.name]!(secret)
      expect([...sent].sort()).to.deep.equal(derived.map(hex).sort())
      expect(new Set(sent).size).to.equal(sent.length)
      if (sent.length > 1) expect(sent, "the order is secret").not.to.deep.equal(derived.map(hex))
    })

    it("keeps one identifier through an epoch, after a restart too, and says when it ends", async () => {
      const store = memoryStore()
      const at = (second: number) => store.write(tx => currentEphId(tx, design, second, L, seeded(second)))
      const [first, last, next] = [await at(noon), await at(noon + 899), await at(noon + 900)]
      expect(hex(first.ephId)).to.equal(hex(last.ephId))
      expect(hex(next.ephId)).not.to.equal(hex(first.ephId))
      expect([first.until, last.until, next.until]).to.deep.equal([noon + 900, noon + 900, noon + 1800])
    })

    it("after a report everything it knew is gone, and what follows cannot be computed from it", async () => {
      const store = memoryStore()
      const random = seeded(3)
      const before = await store.write(tx => ensureSlot(tx, design, slot - 1, L, random))
      await store.write(tx => ensureSlot(tx, design, slot, L, random))
      const known = (await secretOf(store, design, slot))!
      await store.write(tx => renewSecrets(tx, design, noon, L, random))
      const fresh = (await secretOf(store, design, slot))!
      expect(hex(fresh)).not.to.equal(hex(known))
      expect(hex(fresh)).not.to.equal(hex(sha256(before.slice(0, design.secretBytes))))
      expect(await secretOf(store, design, slot - 1)).to.equal(undefined)
    })

    it("forgets the secrets of days that are over for fourteen days, and no others", async () => {
      const store = memoryStore()
      const perDay = 86_400 / design.slotSeconds(L)
      const slots = [DAY - 14, DAY - 13, DAY].map(day => day * perDay)
      await store.write(async tx => {
        for (const one of slots) await ensureSlot(tx, design, one, L, seeded(one))
      })
      await store.write(tx => pruneSecrets(tx, design, DAY - 13, L))
      const kept = await Promise.all(slots.map(async one => (await secretOf(store, design, one)) !== undefined))
      expect(kept).to.deep.equal([false, true, true])
    })
  })

it("the chain of low-cost goes on through days on which the phone was off", async () => {
  const [, design] = designs
  const store = memoryStore()
  for (const day of [DAY, DAY + 1, DAY + 5]) await store.write(tx => ensureSlot(tx, design!, day, L, seeded(day)))
  let expected = (await secretOf(store, design!, DAY))!
  for (let day = DAY; day < DAY + 5; day++) expected = lowCost.nextDayKey(expected)
  expect(hex((await secretOf(store, design!, DAY + 5))!)).to.equal(hex(expected))
})

it("every epoch of unlinkable has a seed of its own, drawn when it begins", async () => {
  const design = designByName("unlinkable")!
  const store = memoryStore()
  const random = seeded(6)
  const first = (DAY * 86_400) / 900
  const sent = new Set<string>()
  for (let epoch = first; epoch < first + 96; epoch++) {
    const at = epoch * 900 + 1
    sent.add(hex((await store.write(tx => currentEphId(tx, design, at, L, random))).ephId))
    expect(await secretOf(store, design, epoch + 1), "of the next epoch").to.equal(undefined)
  }
  expect(sent.size).to.equal(96)
})

it("windows of hybrid have nothing to do with each other", async () => {
  const [design] = designs
  const store = memoryStore()
  const slots = [1000, 1001, 1002]
  await store.write(async tx => {
    for (const slot of slots) await ensureSlot(tx, design!, slot, L, seeded(slot))
  })
  const sent = (await Promise.all(slots.map(slot => broadcast(store, design!, slot))))
    .flat()
    .map(({ ephId }) => hex(ephId))
  expect(new Set(sent).size).to.equal(24)
})

it("own secrets of every design are longer than what a write holds as text, which nobody can wipe", async () => {
  for (const design of DESIGNS) {
    const record = await memoryStore().write(tx => ensureSlot(tx, design, slotAt(design, noon, L), L, seeded(1)))
    expect(record.length, design.name).to.be.greaterThan(SHORT_BYTES)
  }
})
