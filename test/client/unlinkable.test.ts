import { expect } from "chai"
import fc from "fast-check"
import { readHeard } from "../../src/client/heard.ts"
import { type EpochMs, memoryStore, type Store } from "../../src/client/index.ts"
import { freshKey } from "../../src/client/layout.ts"
import { applyBatch, batchMatcher, paceOf } from "../../src/client/match.ts"
import { draftReport, redactForToken, revealedSecrets } from "../../src/client/report.ts"
import { ensureSlot } from "../../src/client/schedule.ts"
import { hex, kernel, sha256, u32, unlinkable } from "../../src/crypto/index.ts"
import {
  commitment,
  designByName,
  encodeFilterBatch,
  entryOf,
  type FilterKind,
  isPublished,
  parseBatch,
  redact,
} from "../../src/protocol/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { draftOf, lab, WRONG_CODE } from "./lab.ts"
import { dump, observations } from "./stored.ts"
import { startOf, TestLog } from "./test-log.ts"

const design = designByName("unlinkable")!
const L = { epochMinutes: 15, windowMinutes: 120 }
const DAY = 18_390
const BUCKET = DAY * 12
const EPOCH = DAY * 96
const SCAN = Uint8Array.of(50, 50, 0, 240, 0, 0, 0, 1)

const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const xOf = (n: number, epoch: number): Uint8Array => unlinkable.observationHash(sha256(seed(n)).slice(0, 16), epoch)

function batchOf(bucket: number, items: readonly Uint8Array[], kind: FilterKind = "ribbon") {
  const header = { design, bucket, parametersHash: new Uint8Array(32), salt: sha256(u32(bucket)).slice(0, 16) }
  return parseBatch(encodeFilterBatch(header, items, 42, kind))
}

interface Heard {
  readonly day: number
  readonly x: Uint8Array
  readonly bucket: number
  readonly after: number
}
const keep = (store: Store, all: readonly Heard[]) =>
  store.write(tx => {
    for (const { day, x, bucket, after } of all) tx.put(freshKey(day, x, bucket, after), SCAN)
  })

const pace = paceOf({ now: () => 0 as EpochMs, monotonic: () => 0 }, undefined)
const matcher = kernel.inThread(kernel.createMatcher(), pace)
async function process(store: Store, batch: ReturnType<typeof batchOf>): Promise<number> {
  const heard = await store.read(tx => readHeard(tx, design))
  const made = await batchMatcher({ matcher, pace, design, heard, lengths: L })
  const places = (await made.match(batch, () => false))!
  await store.write(tx => applyBatch(tx, batch, heard, places, L))
  return places.length
}

describe("a match of the unlinkable design (protocol §3)", () => {
  const batch = batchOf(BUCKET + 1, [xOf(1, EPOCH), xOf(2, EPOCH)])
  const cases: [claim: string, heard: Partial<Heard>, matches: boolean][] = [
    ["heard in the epoch, before the batch", {}, true],
    ["heard in the last second of the batch's bucket", { bucket: BUCKET + 1 }, true],
    ["heard after the batch's bucket", { bucket: BUCKET + 2 }, false],
    ["heard when the newest head was the batch before", { after: BUCKET }, true],
    ["heard when the batch was in the newest head", { after: BUCKET + 1 }, false],
    ["heard in another epoch", { x: xOf(1, EPOCH + 1) }, false],
    ["heard of somebody else", { x: xOf(3, EPOCH) }, false],
    ["kept under a day that was still to come", { day: DAY + 1 }, false],
    ["kept under the oldest day that a report covers", { day: DAY - 13 }, true],
    ["kept under an older day", { day: DAY - 14 }, false],
  ]
  for (const [claim, heard, matches] of cases)
    it(`${matches ? "counts" : "does not count"}: ${claim}`, async () => {
      const store = memoryStore()
      await keep(store, [{ day: DAY, x: xOf(1, EPOCH), bucket: BUCKET, after: BUCKET - 1, ...heard }])
      expect(await process(store, batch)).to.equal(matches ? 1 : 0)
      expect((await observations(store)).some(({ kind }) => kind === "matched")).to.equal(matches)
    })

  it("is found in a cuckoo filter as well", async () => {
    const store = memoryStore()
    await keep(store, [{ day: DAY, x: xOf(1, EPOCH), bucket: BUCKET, after: 0 }])
    expect(await process(store, batchOf(BUCKET + 1, [xOf(1, EPOCH), xOf(2, EPOCH)], "cuckoo"))).to.equal(1)
  })

  it("is given up when the caller gives up", async () => {
    const store = memoryStore()
    await keep(store, [{ day: DAY, x: xOf(1, EPOCH), bucket: BUCKET, after: 0 }])
    const heard = await store.read(tx => readHeard(tx, design))
    const made = await batchMatcher({ matcher, pace, design, heard, lengths: L })
    expect(await made.match(batch, () => true)).to.equal(undefined)
  })

  it("follows the rules over any observations and batches, as a naive model does", async () => {
    const x = fc.record({ n: fc.nat(3), epoch: fc.nat(2) }).map(({ n, epoch }) => xOf(n, EPOCH + epoch))
    const mark = fc.oneof(fc.constant(0), fc.integer({ min: BUCKET - 1, max: BUCKET + 4 }))
    const heard = fc.uniqueArray(
      fc.record({ day: fc.constant(DAY), x, bucket: fc.nat(5).map(n => BUCKET + n), after: mark }),
      { maxLength: 10, selector: one => JSON.stringify([hex(one.x), one.bucket, one.after]) },
    )
    await fc.assert(
      fc.asyncProperty(heard, fc.array(fc.array(x, { maxLength: 4 }), { maxLength: 4 }), async (all, published) => {
        const store = memoryStore()
        await keep(store, all)
        const state = all.map(() => "fresh")
        for (const [i, items] of published.entries()) {
          const n = BUCKET + 1 + i
          await process(store, batchOf(n, items))
          all.forEach((one, place) => {
            const isBefore = state[place] === "coarse" || (one.bucket <= n && one.after < n)
            const isIn = items.some(item => hex(item) === hex(one.x))
            if (state[place] !== "matched" && isBefore && isIn) state[place] = "matched"
            else if (state[place] === "fresh" && one.bucket <= n && one.after < n + 1) state[place] = "coarse"
          })
        }
        const told = (await observations(store)).flatMap(({ kind, id, scans }) =>
          new Array(scans).fill(`${kind} ${id}`),
        )
        expect(told.sort()).to.deep.equal(all.map((one, place) => `${state[place]} ${hex(one.x)}`).sort())
      }),
      { numRuns: 60 },
    )
  })
})

describe("a phone of the unlinkable design", () => {
  const payload = (n: number): Uint8Array => new Uint8Array(16).fill(n)

  /** A phone that hears these identifiers, at seconds after noon. */
  async function phoneThatHears(heard: readonly { n: number; later: number; scanId: number }[]): Promise<Store> {
    const log = new TestLog(BUCKET)
    const virtual = { now: startOf(BUCKET + 6) }
    const store = memoryStore()
    const config = { ...log.config, design: "unlinkable" as const }
    const ports = { clock: phoneClock(virtual), store, http: log.http, random: seeded(5) }
    const phone = await openPhone("phone", config, ports)
    await phone.client.start()
    for (const { n, later, scanId } of heard) {
      virtual.now = startOf(BUCKET + 6) + later
      phone.hear({ payload: payload(n), rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
    }
    await phone.client.stop()
    return store
  }
  const noon = EPOCH + 48

  it("keeps x under the day, and never what it heard", async () => {
    const store = await phoneThatHears([
      { n: 1, later: 10, scanId: 1 },
      { n: 2, later: 310, scanId: 2 },
    ])
    const kept = await observations(store)
    expect(kept.map(({ slot, id }) => [slot, id]).sort()).to.deep.equal(
      [1, 2].map(n => [DAY, hex(unlinkable.observationHash(payload(n), noon))]).sort(),
    )
    for (const [key, value] of await dump(store))
      for (const n of [1, 2]) expect(key + value).not.to.include(hex(payload(n)))
  })

  it("hashes each identifier with the epoch it was heard in, also when a scan goes on into the next", async () => {
    const store = await phoneThatHears([
      { n: 1, later: 899, scanId: 1 },
      { n: 2, later: 901, scanId: 1 },
    ])
    const expected = [
      [1, noon],
      [2, noon + 1],
    ] as const
    expect((await observations(store)).map(({ id }) => id).sort()).to.deep.equal(
      expected.map(([n, epoch]) => hex(unlinkable.observationHash(payload(n), epoch))).sort(),
    )
  })

  it("ignores what is left in the store of another design", async () => {
    const store = memoryStore()
    await store.write(tx => tx.put(freshKey(DAY, payload(1), BUCKET, 0), SCAN))
    await keep(store, [{ day: DAY, x: xOf(1, EPOCH), bucket: BUCKET, after: 0 }])
    expect((await store.read(tx => readHeard(tx, design))).times).to.have.length(1)
    expect(await process(store, batchOf(BUCKET + 1, [xOf(1, EPOCH)]))).to.equal(1)
  })
})

describe("a report of the unlinkable design", () => {
  const running = EPOCH + 40
  const drafted = (on: readonly number[], onsetDay = DAY - 13) =>
    memoryStore().write(async tx => {
      for (const slot of on) await ensureSlot(tx, design, slot, L, seeded(slot))
      const random = seeded(9)
      const o = { design, lengths: L, random, second: running * 900 + 5, onsetDay, code: WRONG_CODE }
      return (await draftReport(tx, o)).report
    })
  const shown = (report: Awaited<ReturnType<typeof drafted>>): number[] =>
    revealedSecrets(report).map(({ slot }) => slot)

  it("has a slot of 32 bytes for each epoch of seventeen days, and no salt", async () => {
    const report = await drafted([running - 1])
    expect([report.first, report.slots.length]).to.deep.equal([EPOCH - 13 * 96, 1632])
    for (const slot of report.slots) expect(slot.revealed ? slot.bytes : slot.leaf).to.have.length(32)
  })

  it("reveals every epoch from the onset to the present one, since phones keep no finer time than days", async () => {
    const on = [EPOCH - 97, EPOCH - 96, EPOCH - 1, EPOCH, running, running + 1]
    expect(shown(await drafted(on, DAY - 1))).to.deep.equal([EPOCH - 96, EPOCH - 1, EPOCH, running])
  })

  it("withholds any single epoch, and its commitment stays the same", async () => {
    const on = [EPOCH - 2, EPOCH - 1, EPOCH, running]
    const report = await drafted(on)
    const less = redactForToken(
      redact(report, slot => slot === EPOCH),
      DAY - 1,
      L,
    )
    expect(shown(less)).to.deep.equal([EPOCH - 2, EPOCH - 1, running])
    expect(hex(commitment(less))).to.equal(hex(commitment(report)))
  })

  it("has one length whatever is withheld, is noticed in the filter, and then its second upload is cover", async () => {
    const { w, anna, ben } = await lab("unlinkable")
    const draft = await draftOf({ w, anna, ben })
    await draft.redact([Math.floor(w.now / 900_000)])
    await draft.submit()
    expect(await dump(w.store("anna"), "r")).to.have.length(1)
    await w.advance({ hours: 14 })
    expect(await dump(w.store("anna"), "r"), "the report").to.deep.equal([])
    expect((await ben.status()).exposure.is).to.equal("exposed")
    expect((await anna.status()).report).to.deep.include({ is: "sent" })
    expect((await anna.status()).report).not.to.have.property("error")
    const uploads = w.wire().filter(({ url }) => url.endsWith("/v1/uploads"))
    expect(new Set(uploads.map(({ bytes }) => bytes))).to.deep.equal(
      new Set([5 + 48 + 6 + 110 + 32 + 4 + 204 + 1632 * 32]),
    )
    await w.close()
  })

  it("counts as published only when each of its seeds is", () => {
    const secrets = Array.from({ length: 5 }, (_, i) => ({ slot: EPOCH + i, secret: seed(i) }))
    const items = secrets.map(({ slot, secret }) => entryOf(design, slot, secret))
    const inAll = (published: readonly Uint8Array[]) => {
      const batch = batchOf(BUCKET + 5, published)
      return secrets.every(({ slot, secret }) => isPublished(batch, slot, secret))
    }
    expect(inAll(items)).to.equal(true)
    for (const missing of items) expect(inAll(items.filter(item => item !== missing))).to.equal(false)
  })
})
