import type { RequestListener } from "node:http"
import { expect } from "chai"
import { shuffle } from "../../../src/crypto/index.ts"
import { UPLOADS_PATH } from "../../../src/protocol/index.ts"
import { seeded } from "../../dice.ts"
import { discard, Handover, type Mutant, person } from "../../handover/deployment.ts"
import { area, welch } from "../samples.ts"

/** Uploads of each kind that are under way at one time. */
const EACH = 8
const UPLOADS = 10_000
const TOKEN_BYTES = 110

/** Milliseconds from the request to the last byte of its answer, reports and cover together in random order. */
async function times(uploads: number, mutant: Mutant = {}): Promise<{ report: number[]; cover: number[] }> {
  const world = await Handover.open({ mutant })
  const dice = seeded(2)
  const token = dice.bytes(TOKEN_BYTES)
  const { report } = person(0, true)
  const out = { report: [] as number[], cover: [] as number[] }
  try {
    for (let round = 0; round < uploads / EACH; round++) {
      const people = Array.from({ length: 2 * EACH }, (_, i) => person(i, i % 2 === 0, report))
      const sealed = await Promise.all(
        people.map(async who => ({ who, envelope: await world.seal({ ...who, name: `${who.name}r${round}` }, token) })),
      )
      await Promise.all(
        shuffle(sealed, dice).map(async ({ who, envelope }) => {
          const start = performance.now()
          const { status } = await world.ask("keys", "POST", UPLOADS_PATH, envelope, who)
          out[who.reports ? "report" : "cover"].push(performance.now() - start)
          expect(status).to.equal(202)
        }),
      )
    }
    return out
  } finally {
    await world.close()
    discard(world.directory)
  }
}

describe("H10: the time of an upload", function () {
  this.timeout(1_800_000)

  it("does not tell a report from cover", async () => {
    const { report, cover } = await times(UPLOADS)
    const [t, auc] = [welch(report, cover), area(report, cover)]
    const summary = `t = ${t.toFixed(2)}, AUC = ${auc.toFixed(4)} over ${report.length} uploads each`
    console.log(`      ${summary}`)
    expect(report.length).to.equal(UPLOADS)
    expect(Math.abs(t), summary).to.be.below(4.5)
    expect(Math.abs(auc - 0.5), summary).to.be.at.most(0.016)
  })

  it("mutant: a server that answers a report five milliseconds later", async () => {
    const slower = (real: RequestListener): RequestListener => {
      const isReport = (address: unknown): boolean => Number(String(address).split(".").at(-1)) % 2 === 1
      return (req, res) => {
        // What takes longer before it is stored shows less: uploads are gathered, and answered together.
        const end = res.end.bind(res)
        if (isReport(req.headers["x-forwarded-for"]))
          res.end = ((body: string | Buffer) => {
            setTimeout(() => end(body), 5)
            return res
          }) as typeof res.end
        real(req, res)
      }
    }
    const { report, cover } = await times(2000, { handler: slower })
    const [t, auc] = [welch(report, cover), area(report, cover)]
    expect(t, `AUC = ${auc}`).to.be.above(4.5)
    expect(auc, `t = ${t}`).to.be.above(0.516)
  })
})
