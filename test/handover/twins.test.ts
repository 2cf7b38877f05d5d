import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { segmentEnvelopes } from "../../src/server/index.ts"
import { seeded } from "../dice.ts"
import { write } from "../server/world.ts"
import { FIRST_BUCKET, type Mutant, parameters, person } from "./deployment.ts"
import { concordance } from "./order.ts"
import { differing, lived } from "./twins.ts"

const written = [0, 1, 2].map(() => write("hybrid", FIRST_BUCKET, parameters).report)
const [first, second] = [person(1, true, written[0]), person(2, true, written[1])]
const cover = [person(3, false, written[2]), person(4, false, written[2])]

describe("H3, H4: two worlds with one secret changed have the same disks", () => {
  it("the address of a sender", async () => {
    const elsewhere = { ...first, address: "127.99.98.97" }
    const [a, b] = [await lived([first, ...cover]), await lived([elsewhere, ...cover])]
    expect(differing(a.open, b.open)).to.deep.equal([])
    expect(differing(a.closed, b.closed)).to.deep.equal([])
  })

  it("the order in which people acted", async () => {
    const [a, b] = [await lived([first, second, ...cover]), await lived([cover[1]!, second, cover[0]!, first])]
    expect(differing(a.open, b.open)).to.deep.equal([])
    expect(differing(a.closed, b.closed)).to.deep.equal([])
  })

  it("who reported: while the bucket is open only the ciphertext differs, and afterwards nothing", async () => {
    const other = { ...cover[0]!, reports: true, report: first.report }
    const [a, b] = [await lived([first, cover[0]!]), await lived([{ ...first, reports: false }, other])]
    expect(differing(a.open, b.open)).to.deep.equal([`envelopes/${FIRST_BUCKET}/1.seg`])
    expect(a.open.get(`envelopes/${FIRST_BUCKET}/1.seg`)).to.have.length(
      b.open.get(`envelopes/${FIRST_BUCKET}/1.seg`)!.length,
    )
    expect(differing(a.closed, b.closed)).to.deep.equal([])
  })

  const addresses: Mutant = {
    handler: (real, directory) => (req, res) => {
      appendFileSync(join(directory, "data", "server", "seen"), `${req.socket.remoteAddress}`)
      real(req, res)
    },
  }
  const kinds: Mutant = {
    stores: real => ({
      ...real,
      records: { ...real.records, stage: (bucket, leaves, tags) => real.records.stage(bucket, leaves, tags.slice(1)) },
    }),
  }

  it("mutants: an address that is kept differs, and a number of tags that follows the reports", async () => {
    const elsewhere = { ...first, address: "127.99.98.97" }
    const [a, b] = [await lived([first], addresses), await lived([elsewhere], addresses)]
    expect(differing(a.open, b.open)).to.deep.equal(["seen"])
    const [c, d] = [await lived([first], kinds), await lived([first])]
    expect(differing(c.closed, d.closed)).to.deep.equal(["publisher/records.sqlite"])
  })
})

describe("H7: the order on the disk says nothing about the order of arrival", () => {
  it("in a segment", async () => {
    const { concordant, deviations } = await concordance(200, directory => segmentEnvelopes(directory, seeded(3)))
    expect(Math.abs(deviations), `${concordant}`).to.be.below(4)
  })

  it("mutant: a segment that is only appended to tells it", async () => {
    // The place drawn is always the last: uniform(n) of the bytes of n − 1.
    let next = 0
    const last = { bytes: (n: number) => new Uint8Array(n).map((_, i) => (i === n - 1 ? next : 0)) }
    const { deviations } = await concordance(200, async directory => {
      const store = await segmentEnvelopes(directory, last)
      return {
        append: (bucket, envelopes) => store.append(bucket, envelopes).then(() => void next++),
        close: () => store.close(),
      }
    })
    expect(Math.abs(deviations)).to.be.above(4)
  })
})
