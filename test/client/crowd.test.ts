import { expect } from "chai"
import { returns, SCAN_CAP, thin } from "../../src/client/crowd.ts"
import { BUCKET_CAP } from "../../src/client/reservoir.ts"
import { hex } from "../../src/crypto/index.ts"
import { contact, Memory, madeUp, range } from "./crowd.ts"

describe("a crowd", () => {
  it("that is no larger than what is kept is kept whole, whoever speaks most", async () => {
    const memory = new Memory(1)
    for (let i = 0; i < 3; i++) await memory.scan([...range(0, SCAN_CAP), ...range(0, 9), ...range(0, 9)])
    expect((await memory.seconds()).size).to.equal(SCAN_CAP)
    expect(new Set((await memory.seconds()).values())).to.deep.equal(new Set([720]))
    expect(memory.recorder.dropped.crowd).to.equal(0)
  })

  it("takes no more memory or storage than the caps, whatever its size, and what gives way is counted", async () => {
    const memory = new Memory(2)
    for (let i = 0; i < 6; i++) await memory.scan(range(1000 * i, 1000 * (i + 1)))
    expect((await memory.seconds()).size).to.equal(BUCKET_CAP)
    expect(memory.recorder.dropped.crowd).to.equal(6000 - BUCKET_CAP)
  })

  it("of identifiers heard once does not push out a contact of ten minutes, nor take a second of it", async () => {
    // Three scans in ten minutes, each among as many made-up identifiers as radio lets through.
    for (const seed of [1, 2, 3]) {
      const memory = new Memory(seed)
      for (let i = 0; i < 3; i++) {
        const crowd = [...range(4000 * i, 4000 * (i + 1))]
        await memory.scan([...crowd.slice(0, 2000), contact(), ...crowd.slice(2000)], 45)
      }
      for (let i = 3; i < 8; i++) await memory.scan(range(4000 * i, 4000 * (i + 1)))
      expect((await memory.seconds()).get(hex(contact())), `seed ${seed}`).to.equal(720)
    }
  })

  it("of packets does not count: an identifier heard a hundred times in a scan has the same chance as one heard once", async () => {
    const [loud, quiet] = [600, 600]
    let keptQuiet = 0
    const runs = 4
    for (let seed = 0; seed < runs; seed++) {
      const memory = new Memory(10 * seed)
      const shouts = Array.from({ length: 20 }, () => [...range(0, loud)]).flat()
      await memory.scan([...shouts, ...range(loud, loud + quiet), ...shouts])
      const kept = await memory.seconds()
      for (let n = loud; n < loud + quiet; n++) if (kept.has(hex(madeUp(n)))) keptQuiet++
    }
    // Of 1200 identifiers 512 are kept, of each half 256: 4.3 times the standard deviation to either side.
    const expected = (runs * SCAN_CAP * quiet) / (loud + quiet)
    expect(Math.abs(keptQuiet - expected)).to.be.lessThan(70)
  })

  it("that stays is treated alike: each of those that were heard in every scan has the chance cap / number", async () => {
    const memory = new Memory(5)
    for (let i = 0; i < 3; i++) await memory.scan(range(0, 3 * SCAN_CAP))
    const kept = await memory.seconds()
    expect([...kept.values()].filter(seconds => seconds === 720)).to.have.length(SCAN_CAP)
  })

  it("the scan before is credited only to what was heard in it", async () => {
    const memory = new Memory(6)
    await memory.scan([madeUp(1)])
    await memory.scan([madeUp(1), madeUp(2)])
    await memory.scan([madeUp(3)])
    await memory.scan([madeUp(2)])
    const kept = await memory.seconds()
    expect([1, 2, 3].map(n => kept.get(hex(madeUp(n))))).to.deep.equal([480, 480, 240])
  })

  it("a bucket is filled once, also by an app that is killed in between; what was heard twice stays", async () => {
    const memory = new Memory(7)
    await memory.scan([contact(), ...range(0, 500)])
    await memory.scan([contact(), ...range(500, 1000)])
    memory.restart()
    for (let i = 2; i < 8; i++) await memory.scan(range(500 * i, 500 * (i + 1)))
    const kept = await memory.seconds()
    expect(kept.size).to.equal(BUCKET_CAP)
    expect(kept.get(hex(contact()))).to.equal(480)
  })

  it("what gives way goes under all its keys, when the logical clock has moved while it was near", async () => {
    const memory = new Memory(8)
    const scan = { min: 50, typical: 50, seconds: 240, scanId: 1 }
    const heard = (ids: Iterable<Uint8Array>) => [...ids].map(payload => ({ payload, at: 0, scan }))
    const closed = (ids: Iterable<Uint8Array>) => ({ second: 1_600_005_600, heard: heard(ids) })
    await memory.write(closed(range(0, BUCKET_CAP)), 1)
    await memory.write(closed(range(0, BUCKET_CAP)), 2)
    for (let i = 0; i < 2; i++) await memory.write(closed(range(BUCKET_CAP, 2 * BUCKET_CAP)), 2)
    const kept = await memory.seconds()
    expect(kept.size).to.equal(BUCKET_CAP)
    expect(new Set(kept.values())).to.deep.equal(new Set([480]))
  })

  it("of another two hours has places of its own", async () => {
    const memory = new Memory(9)
    for (let i = 0; i < 40; i++) await memory.scan(range(500 * i, 500 * (i + 1)))
    expect((await memory.seconds()).size)
      .to.be.greaterThan(BUCKET_CAP)
      .and.at.most(3 * BUCKET_CAP)
  })
})

it("thinning takes out the lowest ranks, and nothing where all fit", () => {
  const held = new Map([3, 1, 2].map(rank => [String(rank), { rank }]))
  expect(thin(held, 3)).to.deep.equal([])
  expect(thin(held, 1).map(([name]) => name)).to.deep.equal(["1", "2"])
  expect([...held.keys()]).to.deep.equal(["3"])
  expect([returns(2 ** 32 - 1), returns(2 ** 32)]).to.deep.equal([false, true])
})
