import type { RequestListener } from "node:http"
import { expect } from "chai"
import { UPLOADS_PATH } from "../../src/protocol/index.ts"
import { type Answer, bound, codesOf, discard, Handover, type Mutant, type Person, person } from "./deployment.ts"

/** What somebody sees of an answer who does not see its content: its status, header names and values, its length. */
const shape = ({ status, headers, body, bytes }: Answer) => ({ status, headers, length: body.length, bytes })

async function inWorld<T>(mutant: Mutant, work: (world: Handover) => Promise<T>): Promise<T> {
  const world = await Handover.open({ mutant })
  try {
    return await work(world)
  } finally {
    await world.close()
    discard(world.directory)
  }
}

/** Both answers to a report and to a cover action, by turns. */
const seen = (mutant: Mutant, people: readonly Person[]) =>
  inWorld(mutant, async world => {
    const shapes: object[][] = []
    for (const one of people) shapes.push((await world.act(one)).map(shape))
    return shapes
  })

describe("H9: on the wire", () => {
  const both = [person(1, true), person(2, false), person(3, true), person(4, false)]

  it("a report and a cover action get the same statuses, headers in the same order, and bytes", async () => {
    const shapes = await seen({}, both)
    for (const one of shapes) expect(one).to.deep.equal(shapes[0])
  })

  it("every refusal of ingest is as long as any other", async () => {
    const lengths = await inWorld({}, async world => {
      const good = await world.seal(person(1, false), new Uint8Array(110))
      const bodies: Record<string, Uint8Array> = {
        short: good.subarray(1),
        version: good.map((b, i) => (i === 0 ? 9 : b)),
        bucket: good.map((b, i) => (i === 4 ? b ^ 128 : b)),
      }
      const answers = []
      for (const body of Object.values(bodies)) answers.push(await world.ask("keys", "POST", UPLOADS_PATH, body))
      return answers.map(({ status, body }) => [status >= 400, body.length])
    })
    for (const one of lengths) expect(one).to.deep.equal(lengths[0])
  })

  it("mutant: an answer that is one byte longer for a report is found out", async () => {
    const reports = new Set<string>()
    const handler =
      (real: RequestListener): RequestListener =>
      (req, res) => {
        const { writeHead } = res
        res.writeHead = ((status: number, headers: Record<string, number>) => {
          const isReport = reports.has(String(req.headers["x-forwarded-for"]))
          return writeHead.call(res, status, { ...headers, ...(isReport ? { "X-Kind": 1 } : {}) })
        }) as typeof res.writeHead
        real(req, res)
      }
    const shapes = await inWorld({ handler }, async world => {
      const out: object[] = []
      for (const one of both) {
        const envelope = await world.seal(one, new Uint8Array(110))
        if (one.reports) reports.add(one.address)
        out.push(shape(await world.ask("keys", "POST", UPLOADS_PATH, envelope, one)))
      }
      return out
    })
    expect(shapes[1]).to.deep.equal(shapes[3])
    expect(shapes[0]).to.not.deep.equal(shapes[1])
  })
})

describe("H8: the logs", () => {
  const kinds = (events: readonly object[]) => events.map(event => JSON.stringify(event)).sort()

  const lines = (reports: boolean, mutant: Mutant = {}): Promise<string[]> =>
    inWorld(mutant, async world => {
      await world.act(person(1, reports))
      await world.act(person(2, false))
      await world.later(1)
      return kinds(world.events).map(line => line.replace(/"bytes":\d+/, ""))
    })

  it("have the same lines whether a phone reported or not", async () => {
    const [withReport, without] = [await lines(true), await lines(false)]
    expect(withReport).to.deep.equal(without)
    expect(withReport).to.have.length(1)
  })

  it("mutant: a publisher that logs how many reports it looked up", async () => {
    const counting: Mutant = {
      stores: (real, _, log) => ({
        ...real,
        records: {
          ...real.records,
          spent(tags) {
            log({ event: "looked-up", reports: tags.length })
            return real.records.spent(tags)
          },
        },
      }),
    }
    expect(await lines(true, counting)).to.not.deep.equal(await lines(false, counting))
  })

  /** What is logged while nothing can be stored, and a phone sends all the same. */
  const whileFailing = (reports: boolean, handler?: Mutant["handler"]): Promise<string[]> => {
    const failing: Mutant = {
      ...(handler && { handler }),
      stores: real => ({
        ...real,
        envelopes: {
          ...bound(real.envelopes),
          append: () => Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })),
        },
      }),
    }
    return inWorld(failing, async world => {
      const [, uploaded] = await world.act(person(1, reports))
      expect(uploaded!.status).to.equal(503)
      return kinds(world.events)
    })
  }

  it("have the same lines, without an address, for a report and for cover that cannot be stored", async () => {
    const [report, cover] = [await whileFailing(true), await whileFailing(false)]
    expect(report).to.deep.equal(cover)
    expect(report.join())
      .to.include("store-failing")
      .and.not.match(/127\.|agent-of/)
  })

  it("mutant: a server that names whom it refused", async () => {
    const naming: Mutant["handler"] = (real, _, log) => (req, res) => {
      res.on("finish", () => {
        if (res.statusCode >= 400) log({ event: "refused", from: req.headers["x-forwarded-for"] })
      })
      real(req, res)
    }
    expect((await whileFailing(true, naming)).join()).to.match(/127\./)
  })

  it("have no line for a malformed upload, a wrong code or a repeated upload", async () => {
    const events = await inWorld({}, async world => {
      await world.ask("keys", "POST", UPLOADS_PATH, new Uint8Array(5), person(1, false))
      await world.ask("codes", "POST", "/v1/redeem", new Uint8Array(46), person(1, false))
      const envelope = await world.seal(person(2, false), new Uint8Array(110))
      for (let i = 0; i < 2; i++) await world.ask("keys", "POST", UPLOADS_PATH, envelope, person(2, false))
      expect(codesOf(await world.seize(world.canaries))).to.deep.equal([])
      return world.events
    })
    expect(events).to.deep.equal([])
  })
})
