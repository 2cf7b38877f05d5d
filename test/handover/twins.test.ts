import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { time } from "../../src/crypto/index.ts"
import type { Report } from "../../src/protocol/index.ts"
import { segmentEnvelopes } from "../../src/server/index.ts"
import { seeded } from "../dice.ts"
import { write } from "../server/world.ts"
import { discard, FIRST_BUCKET, Handover, type Mutant, type Person, parameters, person } from "./deployment.ts"
import { concordance } from "./order.ts"
import { remembering } from "./remembering.ts"
import { type Disk, differing, diskOf, lived } from "./twins.ts"

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

  /** The same secrets to publish, and the same tags; but some came in the other upload. */
  const regrouped = ((): Person[] => {
    const mixed = (own: Report, other: Report): Report => ({
      ...own,
      slots: own.slots.map((slot, i) => (i % 2 ? other.slots[i]! : slot)),
    })
    return [
      { ...first, report: mixed(first.report, second.report) },
      { ...second, report: mixed(second.report, first.report) },
    ]
  })()

  it("which secrets came in one upload", async () => {
    const [a, b] = [await lived([first, second, ...cover]), await lived([...regrouped, ...cover])]
    expect(differing(a.open, b.open)).to.deep.equal([`envelopes/${FIRST_BUCKET}/1.seg`])
    expect(differing(a.closed, b.closed)).to.deep.equal([])
  })

  it("mutant: a server that keeps something of each upload as a whole", async () => {
    const [a, b] = [await lived([first, second], remembering), await lived(regrouped, remembering)]
    expect(differing(a.closed, b.closed)).to.deep.equal(["uploads"])
  })

  /** Two patients with a code each, given to one or to the other, until the codes have ended. */
  async function codesGiven(
    isSwapped: boolean,
    mutant: Mutant = {},
  ): Promise<Record<"open" | "closed" | "ended", Disk>> {
    const world = await Handover.open({ random: seeded(5), mutant })
    try {
      const codes = [await world.issue(time.day(world.now) - 2), await world.issue(time.day(world.now) - 2)]
      for (const [i, one] of [first, second].entries()) await world.act(one, codes[isSwapped ? 1 - i : i])
      for (const one of cover) await world.act(one)
      const disk = () => diskOf(world.directory, "data")
      const open = await disk()
      await world.later(1)
      const closed = await disk()
      await world.later(13)
      await world.act(person(9, false, written[2]))
      return { open, closed, ended: await disk() }
    } finally {
      await world.close()
      discard(world.directory)
    }
  }

  it("which patient had which code: on the server never, on the authority's disk until the codes end", async () => {
    const [a, b] = [await codesGiven(false), await codesGiven(true)]
    expect(differing(a.open, b.open)).to.deep.equal(["authority/codes.sqlite"])
    expect(differing(a.closed, b.closed)).to.deep.equal(["authority/codes.sqlite"])
    expect(differing(a.ended, b.ended)).to.deep.equal([])
  })

  it("mutant: an authority that keeps codes that ended", async () => {
    const keeping: Mutant = { codes: real => ({ ...real, prune: async () => undefined }) }
    const [a, b] = [await codesGiven(false, keeping), await codesGiven(true, keeping)]
    expect(differing(a.ended, b.ended)).to.deep.equal(["authority/codes.sqlite"])
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
