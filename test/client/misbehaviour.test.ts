import { expect } from "chai"
import { memoryStore } from "../../src/client/index.ts"
import { concat, signature } from "../../src/crypto/index.ts"
import { cosign, encodeWitnessKey, PATHS, verifyMisbehaviour } from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { codeOf, FIRST, LIES, setting } from "./lies.ts"
import { startOf, TestLog } from "./test-log.ts"

/** Lies that a log can only tell with two signatures, or one, that contradict each other. */
const PROVABLE: Readonly<Record<string, string>> = {
  "a shorter log than was known": "bucket",
  "a head of an earlier bucket": "bucket",
  "a longer log with another past": "histories",
  "two heads of one size": "histories",
  "a batch logged twice": "order",
}

describe("a log that contradicts itself", () => {
  for (const [claim, , lie] of LIES) {
    const kind = PROVABLE[claim]
    it(`by ${claim} leaves ${kind === undefined ? "no proof" : `a proof of its ${kind} that anybody can verify`}`, async () => {
      const at = await setting()
      lie(at)
      const result = await at.client.sync()
      const proof = result.is === "failed" ? result.error.proof : undefined
      const kept = await at.client.misbehaviour()
      expect(kept).to.deep.equal(proof)
      if (kind === undefined) expect(kept).to.equal(undefined)
      else {
        const verdict = verifyMisbehaviour(kept!, nativeEd25519)
        expect(verdict.kind).to.equal(kind)
        expect(verdict.log.name).to.equal("log.example")
      }
    })
  }

  it("is remembered when everything else is erased", async () => {
    const at = await setting()
    LIES.find(([claim]) => claim === "two heads of one size")![2](at)
    await at.client.sync()
    const proof = await at.client.misbehaviour()
    expect(proof).to.be.instanceOf(Uint8Array)
    await at.client.erase("everything")
    expect(await at.client.misbehaviour()).to.deep.equal(proof)
  })
})

describe("a phone that knows witnesses", () => {
  const seeds = [1, 2, 3].map(n => new Uint8Array(32).fill(100 + n))
  const witnesses = seeds.map((seed, i) => ({ name: `w${i}.example`, publicKey: signature.ed25519.verifyKey(seed) }))

  /** A log of one bucket, under which some of the witnesses have signed. */
  async function synced(signers: readonly number[], quorum: number, line?: Uint8Array) {
    const log = new TestLog(FIRST)
    log.addBatch(FIRST)
    log.publish(FIRST)
    const note = log.files.get(PATHS.checkpoint)!
    const lines = signers.map(i => cosign(note, witnesses[i]!.name, seeds[i]!, startOf(FIRST + 1), nativeEd25519))
    log.files.set(PATHS.checkpoint, concat(note, ...lines, ...(line === undefined ? [] : [line])))
    const server = { ...log.config.server, witnesses: { keys: witnesses.map(encodeWitnessKey), quorum } }
    const phone = await openPhone(
      "phone",
      { ...log.config, server },
      {
        clock: phoneClock({ now: startOf(FIRST + 1) + 60 }),
        store: memoryStore(),
        http: log.http,
        random: seeded(5),
      },
    )
    await phone.client.start()
    const code = codeOf(await phone.client.sync())
    return { code, asked: log.requests.map(({ url }) => url).filter(url => !url.endsWith(PATHS.checkpoint)) }
  }

  it("believes a head that enough of them have signed", async () => {
    for (const [signers, quorum] of [
      [[0, 1], 2],
      [[2, 1], 2],
      [[0, 1, 2], 3],
      [[], 0],
    ] as const)
      expect((await synced(signers, quorum)).code, `${signers} of ${quorum}`).to.equal("done")
  })

  it("refuses a head that too few of them have signed, and asks for nothing under it", async () => {
    for (const [signers, quorum] of [
      [[], 1],
      [[1], 2],
      [[0, 1], 3],
    ] as const)
      expect(await synced(signers, quorum), `${signers} of ${quorum}`).to.deep.equal({
        code: "not-witnessed",
        asked: [],
      })
  })

  it("refuses a head under which a witness's line is forged", async () => {
    const log = new TestLog(FIRST)
    log.addBatch(FIRST)
    log.publish(FIRST + 1)
    const ofAnother = cosign(log.files.get(PATHS.checkpoint)!, "w1.example", seeds[1]!, 5, nativeEd25519)
    expect((await synced([0], 2, ofAnother)).code).to.equal("signature")
  })
})
