import { expect } from "chai"
import { SCAN_CAP } from "../../../src/client/crowd.ts"
import { BUCKET_CAP } from "../../../src/client/reservoir.ts"
import { hex } from "../../../src/crypto/index.ts"
import { contact, Memory, range } from "../../client/crowd.ts"

const SCANS = 30
const MADE_UP = 1_000_000

describe("a flood", () => {
  it("of a million identifiers in two hours does not push out a contact of ten minutes", async () => {
    const perScan = Math.floor(MADE_UP / SCANS)
    for (const seed of [1, 2, 3]) {
      const memory = new Memory(seed)
      const cpu = process.cpuUsage()
      for (let i = 0; i < SCANS; i++) {
        const crowd = [...range(perScan * i, perScan * (i + 1))]
        if (i >= 10 && i < 13) crowd.splice(seed * 10_000, 0, contact())
        await memory.scan(crowd)
      }
      const { user, system } = process.cpuUsage(cpu)
      const kept = await memory.seconds()
      const bytes = await memory.bytes()
      console.log(
        `      ${MADE_UP} identifiers: ${((user + system) / MADE_UP).toFixed(1)} µs of CPU time each; ` +
          `${kept.size} kept in ${bytes} bytes; the contact: ${kept.get(hex(contact()))} s of 720`,
      )
      expect(kept.get(hex(contact()))).to.equal(720)
      expect(kept.size).to.equal(BUCKET_CAP)
      expect(bytes).to.be.lessThan(BUCKET_CAP * 33 + SCANS * SCAN_CAP * 16)
    }
  })

  it("that repeats the same identifiers in every scan pushes a contact out with probability 1 − cap / number", async () => {
    const [repeated, contacts, runs] = [5_000, 50, 20]
    let kept = 0
    for (let seed = 0; seed < runs; seed++) {
      const memory = new Memory(100 * seed)
      const known = Array.from({ length: contacts }, (_, n) => contact(n))
      for (let i = 0; i < 3; i++) await memory.scan([...range(0, repeated), ...known])
      const seconds = await memory.seconds()
      kept += known.filter(id => seconds.get(hex(id)) === 720).length
    }
    const chance = SCAN_CAP / (repeated + contacts)
    const expected = runs * contacts * chance
    console.log(`      kept ${kept} of ${runs * contacts}, expected ${expected.toFixed(1)}`)
    expect(Math.abs(kept - expected)).to.be.lessThan(4.5 * Math.sqrt(expected * (1 - chance)))
  })

  it("of the longest kind fills no more than its bound of the store", async () => {
    const memory = new Memory(9)
    for (let i = 0; i < SCANS; i++) await memory.scan(range(0, 4 * SCAN_CAP))
    const bytes = await memory.bytes()
    console.log(`      ${bytes} bytes in two hours, ${Math.round((bytes * 168) / 1e5) / 10} MB in fourteen days`)
    expect(bytes).to.be.lessThan(BUCKET_CAP * 33 + SCANS * SCAN_CAP * 16)
  })
})
