import { expect } from "chai"
import { MECHANISM_NAMES, type MechanismName } from "../../../src/authority/index.ts"
import { PATHS } from "../../../src/protocol/index.ts"
import { discard, FIRST_BUCKET, Handover, type Mutant, person } from "../../handover/deployment.ts"
import { joined } from "../../handover/join.ts"
import { remembering } from "../../handover/remembering.ts"
import { publishedOf } from "../../server/world.ts"

const REPORTS = 4

async function bothDisks(mechanism: MechanismName, mutant: Mutant = {}) {
  const world = await Handover.open({ mechanism, mutant })
  try {
    const people = Array.from({ length: 2 * REPORTS }, (_, n) => person(n, n % 2 === 0))
    for (const one of people) for (const { status } of await world.act(one)) expect(status).to.be.within(200, 202)
    const open = await joined(world.directory, world.envelopes)
    await world.later(1)
    const batch = await world.file(PATHS.batch("hybrid", FIRST_BUCKET))
    for (const { reports, report } of people)
      expect(publishedOf(batch, { report, token: new Uint8Array() }).length > 0).to.equal(reports)
    return { open, closed: await joined(world.directory, world.envelopes) }
  } finally {
    await world.close()
    discard(world.directory)
  }
}

describe("H12: the disks of authority and server, joined", () => {
  for (const mechanism of MECHANISM_NAMES)
    it(`${mechanism}: every code leads to its report while the bucket is open, as documented, and none when it is over`, async () => {
      const { open, closed } = await bothDisks(mechanism)
      expect(open).to.deep.equal({ used: REPORTS, joined: REPORTS })
      // Any of the reports may be any code's: one in as many as there are.
      expect(closed).to.deep.equal({ used: REPORTS, joined: 0 })
    })

  it("mutant: a server that keeps the commitments of what it opened", async () => {
    expect((await bothDisks("simple", remembering)).closed.joined).to.equal(REPORTS)
  })
})
