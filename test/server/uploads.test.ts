import { connect } from "node:net"
import { expect } from "chai"
import { time } from "../../src/crypto/index.ts"
import { designByName, envelopeBytes } from "../../src/protocol/index.ts"
import type { EnvelopeStore } from "../../src/server/index.ts"
import { FIRST_BUCKET, memoryStores, type Running, running, sealer, serverConfig } from "./world.ts"

const config = serverConfig(["low-cost", "hybrid"])
const parameters = config.parameters[0]!
const PROBLEM_BYTES = 256

async function problem(answer: Response): Promise<{ status: number; code: string; bytes: number }> {
  const body = Buffer.from(await answer.arrayBuffer())
  expect(answer.headers.get("content-type")).to.equal("application/problem+json")
  const document = JSON.parse(body.toString())
  expect(document.status).to.equal(answer.status)
  return { status: answer.status, code: document.code, bytes: body.length }
}

async function withServer(
  test: (at: Running, stores: ReturnType<typeof memoryStores>) => Promise<void>,
  changes: Partial<typeof config> = {},
  envelopes?: (store: EnvelopeStore) => EnvelopeStore,
): Promise<void> {
  const memory = memoryStores()
  const stores = envelopes ? { ...memory, envelopes: envelopes(memory.envelopes) } : memory
  const at = await running({ ...config, ...changes }, stores)
  try {
    await test(at, stores)
  } finally {
    await at.stop()
  }
}

const stored = async (stores: ReturnType<typeof memoryStores>): Promise<number> =>
  (await stores.envelopes.count(FIRST_BUCKET)) + (await stores.envelopes.count(FIRST_BUCKET + 1))

describe("POST /v1/uploads", () => {
  it("answers every bad upload with a problem of one size, and stores nothing", () =>
    withServer(async (at, stores) => {
      const seal = await sealer(at, FIRST_BUCKET, parameters)
      const good = seal.cover()
      const other = (bucket: number) => {
        const body = new Uint8Array(good)
        new DataView(body.buffer).setUint32(1, bucket)
        return body
      }
      const version = new Uint8Array(good)
      version[0] = 2
      const longer = new Uint8Array(good.length + 1)
      longer.set(good)
      const bad: [string, number, string, () => Promise<Response>][] = [
        ["empty", 400, "format", () => at.post(new Uint8Array())],
        ["truncated", 400, "wrong-length", () => at.post(good.subarray(0, -1))],
        ["one byte too long", 413, "too-large", () => at.post(longer)],
        ["a megabyte", 413, "too-large", () => at.post(new Uint8Array(1_000_000))],
        ["between two designs", 400, "wrong-length", () => at.post(good.subarray(0, 3000))],
        ["another version", 400, "format", () => at.post(version)],
        ["the bucket before", 409, "wrong-bucket", () => at.post(other(FIRST_BUCKET - 1))],
        ["the bucket after the next", 409, "wrong-bucket", () => at.post(other(FIRST_BUCKET + 2))],
        ["the last bucket of all", 409, "wrong-bucket", () => at.post(other(2 ** 32 - 1))],
        ["JSON", 415, "wrong-type", () => at.post(good, { "content-type": "application/json" })],
      ]
      for (const [name, status, code, send] of bad)
        expect(await problem(await send()), name).to.deep.equal({ status, code, bytes: PROBLEM_BYTES })
      expect(await stored(stores)).to.equal(0)
    }))

  it("takes each design's length, for the current bucket and the next", () =>
    withServer(async (at, stores) => {
      for (const name of ["low-cost", "hybrid"] as const)
        for (const bucket of [FIRST_BUCKET, FIRST_BUCKET + 1]) {
          const body = (await sealer(at, bucket, parameters, name)).cover()
          expect(body.length).to.equal(envelopeBytes(designByName(name)!, parameters))
          expect((await at.post(body)).status).to.equal(202)
        }
      expect(await stored(stores)).to.equal(4)
    }))

  it("answers all it takes with the same headers and the same length", () =>
    withServer(async at => {
      const seal = await sealer(at, FIRST_BUCKET, parameters)
      const shapes = new Set<string>()
      for (let i = 0; i < 3; i++) {
        const answer = await at.post(seal.cover())
        const headers = [...answer.headers].filter(([name]) => name !== "date")
        shapes.add(JSON.stringify([answer.status, headers, (await answer.arrayBuffer()).byteLength]))
      }
      expect(shapes.size).to.equal(1)
    }))

  it("judges the bucket when the body is complete", () =>
    withServer(async (at, stores) => {
      const body = (await sealer(at, FIRST_BUCKET, parameters)).cover()
      const socket = connect(Number(new URL(at.url).port), "127.0.0.1")
      const answered = new Promise<string>(resolve => {
        let text = ""
        socket.on("data", chunk => {
          text += chunk.toString("latin1")
          if (text.includes("\r\n\r\n")) resolve(text)
        })
      })
      const head = `POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`
      socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, 5000)]))
      await at.get("/healthz")
      at.now = time.bucketStart(FIRST_BUCKET + 1)
      socket.write(body.subarray(5000))
      expect(await answered).to.match(/^HTTP\/1\.1 409 /)
      socket.destroy()
      expect(await stored(stores)).to.equal(0)
    }))

  it("stores nothing of an upload that ends early", () =>
    withServer(async (at, stores) => {
      const body = (await sealer(at, FIRST_BUCKET, parameters)).cover()
      const socket = connect(Number(new URL(at.url).port), "127.0.0.1")
      const head = `POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`
      socket.end(Buffer.concat([Buffer.from(head), body.subarray(0, -1)]))
      await new Promise(resolve => socket.resume().on("close", resolve))
      expect((await at.post(body)).status).to.equal(202)
      expect(await stored(stores)).to.equal(1)
    }))

  it("answers every preflight with the same few bytes, which no limit counts", () =>
    withServer(
      async at => {
        const shapes = new Set<string>()
        for (const origin of ["https://app.example", "null", "http://192.0.2.1:8080"])
          for (const asked of ["POST", "DELETE"]) {
            const answer = await fetch(`${at.url}/v1/uploads`, {
              method: "OPTIONS",
              headers: { origin, "access-control-request-method": asked, cookie: "a=1" },
            })
            const headers = [...answer.headers].filter(([name]) => name !== "date")
            shapes.add(JSON.stringify([answer.status, headers, await answer.text()]))
          }
        expect(shapes.size).to.equal(1)
        const [status, headers, body] = JSON.parse([...shapes][0]!)
        expect([status, body]).to.deep.equal([204, ""])
        expect(Object.fromEntries(headers)).to.include({
          "access-control-allow-origin": "*",
          "access-control-allow-methods": "POST",
          "access-control-allow-headers": "content-type",
          "access-control-max-age": "86400",
        })
        expect(Object.fromEntries(headers)).to.not.have.property("access-control-allow-credentials")
        expect((await at.post(new Uint8Array())).status, "the one upload of this minute").to.equal(400)
        expect((await at.post(new Uint8Array())).status).to.equal(429)
      },
      { uploadsPerMinute: 1 },
    ))

  it("lets a page of any origin read what it takes and what it refuses, by one header for all", () =>
    withServer(
      async at => {
        const seal = await sealer(at, FIRST_BUCKET, parameters)
        const statuses: number[] = []
        for (const body of [seal.cover(), new Uint8Array(), seal.cover()]) {
          const answer = await at.post(body, { origin: "https://app.example" })
          statuses.push(answer.status)
          expect(answer.headers.get("access-control-allow-origin")).to.equal("*")
        }
        expect(statuses).to.deep.equal([202, 400, 429])
      },
      { uploadsPerMinute: 2 },
    ))

  it("refuses everybody alike when the bucket holds as many as it may", () =>
    withServer(
      async (at, stores) => {
        const seal = await sealer(at, FIRST_BUCKET, parameters)
        const answers = await Promise.all(Array.from({ length: 5 }, () => at.post(seal.cover())))
        expect(answers.map(answer => answer.status).sort()).to.deep.equal([202, 202, 202, 503, 503])
        expect((await problem(await at.post(seal.cover()))).bytes).to.equal(PROBLEM_BYTES)
        expect(await stores.envelopes.count(FIRST_BUCKET)).to.equal(3)
      },
      { parameters: [{ ...parameters, maxEnvelopes: 3 }] },
    ))

  it("acknowledges nothing while the store takes nothing, and goes on when it does", () => {
    let isBroken = true
    return withServer(
      async (at, stores) => {
        const seal = await sealer(at, FIRST_BUCKET, parameters)
        const answers = await Promise.all(Array.from({ length: 4 }, () => at.post(seal.cover())))
        for (const answer of answers)
          expect(await problem(answer)).to.deep.equal({ status: 503, code: "full", bytes: PROBLEM_BYTES })
        expect((await at.get("/healthz")).status).to.equal(503)
        isBroken = false
        expect((await at.post(seal.cover())).status).to.equal(202)
        expect((await at.get("/healthz")).status).to.equal(200)
        expect(await stored(stores)).to.equal(1)
        expect(at.events.map(({ event }) => event)).to.deep.equal(["store-failing", "store-recovered"])
      },
      {},
      store => ({
        ...store,
        async append(bucket, envelopes) {
          if (isBroken) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })
          return store.append(bucket, envelopes)
        },
      }),
    )
  })

  it("answers only after the envelope is stored", () => {
    let release = (): void => undefined
    const stuck = new Promise<void>(resolve => {
      release = resolve
    })
    return withServer(
      async at => {
        const seal = await sealer(at, FIRST_BUCKET, parameters)
        const first = at.post(seal.cover())
        const winner = await Promise.race([
          first.then(() => "answer"),
          new Promise(done => setTimeout(done, 150, "wait")),
        ])
        expect(winner).to.equal("wait")
        release()
        expect((await first).status).to.equal(202)
      },
      {},
      store => ({
        ...store,
        async append(bucket, envelopes) {
          await stuck
          return store.append(bucket, envelopes)
        },
      }),
    )
  })

  it("writes those that come together at once, in an order of its own", () => {
    const gatherings: number[][] = []
    const sent: number[] = []
    return withServer(
      async at => {
        const seal = await sealer(at, FIRST_BUCKET, parameters)
        const bodies = Array.from({ length: 40 }, () => seal.cover())
        sent.push(...bodies.map(body => body[20]!))
        await Promise.all(bodies.map(body => at.post(body)))
        expect(gatherings.flat()).to.have.members(sent)
        expect(gatherings.length).to.be.lessThan(10)
        expect(gatherings.flat()).to.not.deep.equal(sent)
      },
      {},
      store => ({
        ...store,
        async append(bucket, envelopes) {
          gatherings.push(envelopes.map(envelope => envelope[20]!))
          return store.append(bucket, envelopes)
        },
      }),
    )
  })

  it("refuses one address that sends too much, and forgets it with the process", () =>
    withServer(
      async at => {
        const seal = await sealer(at, FIRST_BUCKET, parameters)
        const statuses: number[] = []
        for (let i = 0; i < 4; i++) statuses.push((await at.post(seal.cover())).status)
        expect(statuses).to.deep.equal([202, 202, 429, 429])
        expect(await problem(await at.post(seal.cover()))).to.deep.include({
          code: "rate-limited",
          bytes: PROBLEM_BYTES,
        })
        expect((await at.get("/checkpoint")).status).to.equal(200)
      },
      { uploadsPerMinute: 2 },
    ))

  it("refuses a bucket that was closed early, takes the next, and closes no bucket of the future", () =>
    withServer(async at => {
      const now = await sealer(at, FIRST_BUCKET, parameters)
      const next = await sealer(at, FIRST_BUCKET + 1, parameters)
      await at.server.closeBucket(FIRST_BUCKET)
      expect(await problem(await at.post(now.cover()))).to.deep.include({ code: "wrong-bucket" })
      expect((await at.post(next.cover())).status).to.equal(202)
      await at.server.closeBucket(FIRST_BUCKET)
      expect(await at.server.closeBucket(FIRST_BUCKET + 1).catch(error => error)).to.include({ code: "state" })
    }))

  it("publishes what was being written when the bucket was closed", () =>
    withServer(async at => {
      const seal = await sealer(at, FIRST_BUCKET, parameters)
      const answers = Array.from({ length: 10 }, () => at.post(seal.cover()))
      await new Promise(resolve => setTimeout(resolve, 20))
      await at.server.closeBucket(FIRST_BUCKET)
      const taken = (await Promise.all(answers)).filter(({ status }) => status === 202).length
      const event = at.events.find(({ event: name }) => name === "published")
      expect(event).to.include({ envelopes: taken, lost: 0 })
    }))
})
