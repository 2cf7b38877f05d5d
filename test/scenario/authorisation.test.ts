import { expect } from "chai"
import { type MechanismName, verifyAudit } from "../../src/authority/index.ts"
import { ascii, code as codes, time } from "../../src/crypto/index.ts"
import {
  commitment,
  defaultParameters,
  designByName,
  encodeRedeem,
  encodeTest,
  firstSlot,
  ingestKeyFor,
  isPublished,
  PATHS,
  parseBatch,
  parseIngestKeys,
  parseToken,
  REDEEM_PATH,
  type Report,
  redact,
  type Slot,
  sealReport,
  slotAt,
  slotCount,
  testLock,
  UPLOADS_PATH,
  verifyToken,
} from "../../src/protocol/index.ts"
import { nativeX25519 } from "../../src/server/index.ts"
import { type Deployment, deploy } from "../../src/simulator/deployment.ts"
import { seeded } from "../dice.ts"

const HYBRID = designByName("hybrid")!
const START_DAY = 18_390
const HOUR = 3600
const NURSE = "nurse-1"
const dice = seeded(21)

/** Somebody with a phone whose program he has changed: it does what he wants, with the secrets he wants. */
interface Person {
  /** Of this and the last thirteen days; nothing is redacted. */
  readonly report: Report
  /** What the phone asks with in mechanism data-bound. */
  readonly ownCode: string
  /** A secret of the evening before, as it would be published. */
  readonly evening: { readonly slot: number; readonly secret: Uint8Array }
}

/** Authority and key server, and the test site between them and the people. */
class Town {
  readonly mechanism: MechanismName
  now = START_DAY * 86_400 + 12 * HOUR
  readonly deployed: Promise<Deployment>
  readonly #parameters = defaultParameters(time.bucket(this.now), ["hybrid"])

  constructor(mechanism: MechanismName, seed = 5) {
    this.mechanism = mechanism
    this.deployed = deploy(seed, () => this.now, time.bucket(this.now), "hybrid", mechanism)
  }

  person(): Person {
    const today = time.day(this.now)
    const [first, running] = [firstSlot(HYBRID, today, this.#parameters), slotAt(HYBRID, this.now, this.#parameters)]
    const slots = Array.from(
      { length: slotCount(HYBRID, this.#parameters) },
      (_, j): Slot =>
        first + j <= running ? { revealed: true, bytes: dice.bytes(32) } : { revealed: false, leaf: dice.bytes(32) },
    )
    const slot = today * 12 - 2
    const secret = (slots[slot - first] as { bytes: Uint8Array }).bytes.slice(0, 16)
    return {
      report: { design: HYBRID, first, r: dice.bytes(32), slots },
      ownCode: codes.generate(dice),
      evening: { slot, secret },
    }
  }

  /** At the test. @returns what the person takes home, if anything, or what the test site keeps */
  async test(who: Person): Promise<string> {
    const { authority } = await this.deployed
    if (this.mechanism === "simple") return ""
    if (this.mechanism === "activated") return (await authority.issue({}, NURSE)).code
    const committed = commitment(who.report)
    return encodeTest({ commitment: committed, lock: testLock(ascii(who.ownCode), committed) })
  }

  /** The result is positive. @returns the code to redeem with */
  async positive(who: Person, given: string, day = START_DAY - 1): Promise<string> {
    const { authority } = await this.deployed
    if (this.mechanism === "simple") return (await authority.issue({ contagiousFromDay: day }, NURSE)).code
    if (this.mechanism === "activated") {
      await authority.activate({ code: given, contagiousFromDay: day }, NURSE)
      return given
    }
    await authority.signCommitment({ test: given, contagiousFromDay: day }, NURSE)
    return who.ownCode
  }

  async diagnose(who: Person, day?: number): Promise<string> {
    return this.positive(who, await this.test(who), day)
  }

  async #post(url: string, body: Uint8Array) {
    return (await this.deployed).answer({
      method: "POST",
      url,
      headers: { "content-type": "application/octet-stream" },
      body,
    })
  }

  /** The token for a code, and whether it is one. */
  async redeem(code: string, committed: Uint8Array): Promise<{ token: Uint8Array; isGood: boolean }> {
    const { pinned, authority } = await this.deployed
    const { body } = await this.#post(pinned.authority.url + REDEEM_PATH, encodeRedeem(code, committed))
    return { token: new Uint8Array(body), isGood: verifyToken(parseToken(body), [authority.publicKey]) }
  }

  async upload(report: Report, token: Uint8Array): Promise<void> {
    const { pinned, answer } = await this.deployed
    const bucket = time.bucket(this.now)
    const { body } = await answer({ method: "GET", url: pinned.server.files + PATHS.ingestKeys, headers: {} })
    const publicKey = ingestKeyFor(parseIngestKeys(new Uint8Array(body)), bucket)!
    const to = { design: HYBRID, bucket, parameters: this.#parameters, publicKey, random: dice, curve: nativeX25519 }
    await this.#post(pinned.server.uploads + UPLOADS_PATH, sealReport(report, token, to))
  }

  /** Whether these secrets are in the batch of this bucket, which ends now. */
  async published(...people: readonly Person[]): Promise<boolean[]> {
    const { keyServer, pinned, answer } = await this.deployed
    const bucket = time.bucket(this.now)
    this.now = time.bucketStart(bucket + 1) + 1
    await keyServer.publishDue()
    const { body } = await answer({
      method: "GET",
      url: pinned.server.files + PATHS.batch("hybrid", bucket),
      headers: {},
    })
    const batch = parseBatch(new Uint8Array(body))
    return people.map(({ evening }) => isPublished(batch, evening.slot, evening.secret))
  }

  /** Redeems for this report and uploads it. @returns whether it is published */
  async reports(who: Person, code: string): Promise<boolean> {
    const { token } = await this.redeem(code, commitment(who.report))
    await this.upload(withholding(who.report, START_DAY - 1), token)
    return (await this.published(who))[0]!
  }

  async close(): Promise<void> {
    await (await this.deployed).close()
  }
}

/** Its slots before a day are withheld, as an honest phone does. */
const withholding = (report: Report, fromDay: number): Report => redact(report, slot => slot < fromDay * 12)

const MECHANISMS = ["simple", "activated", "data-bound"] as const
const each = <T>(work: (town: Town) => Promise<T>): Promise<Record<MechanismName, T>> =>
  Promise.all(
    MECHANISMS.map(async mechanism => {
      const town = new Town(mechanism)
      try {
        return [mechanism, await work(town)] as const
      } finally {
        await town.close()
      }
    }),
  ).then(entries => Object.fromEntries(entries) as Record<MechanismName, T>)

const all = <T>(value: T) => ({ simple: value, activated: value, "data-bound": value })

describe("authorisation, by mechanism", () => {
  it("lets through the report of a person who tested positive", async () => {
    const got = await each(async town => {
      const anna = town.person()
      return town.reports(anna, await town.diagnose(anna))
    })
    expect(got).to.deep.equal(all(true))
  })

  it("stops a report without a code, and one whose test had no result, or a negative one", async () => {
    const got = await each(async town => {
      const [mallory, waiting] = [town.person(), town.person()]
      const madeUp = await town.reports(mallory, codes.generate(dice))
      const given = await town.test(waiting)
      const code = town.mechanism === "activated" ? given : waiting.ownCode
      return [madeUp, await town.reports(waiting, code)]
    })
    expect(got).to.deep.equal(all([false, false]))
  })

  it("sold after the result, a code serves the buyer's secrets unless they were committed to at the test", async () => {
    const got = await each(async town => {
      const [anna, mallory] = [town.person(), town.person()]
      const code = await town.diagnose(anna)
      return town.reports(mallory, code)
    })
    expect(got).to.deep.equal({ simple: true, activated: true, "data-bound": false })
  })

  it("sold seven hours after the result, a code is still good only where it lives a day", async () => {
    const got = await each(async town => {
      const [anna, mallory] = [town.person(), town.person()]
      const code = await town.diagnose(anna)
      town.now += 7 * HOUR
      return town.reports(mallory, code)
    })
    expect(got).to.deep.equal({ simple: true, activated: false, "data-bound": false })
  })

  it("sold at the test already, or with another's phone carried there, it serves the buyer in all", async () => {
    const got = await each(async town => {
      const [anna, mallory] = [town.person(), town.person()]
      // Data-bound: Anna shows what Mallory's phone shows.
      const given = await town.test(town.mechanism === "data-bound" ? mallory : anna)
      return town.reports(mallory, await town.positive(mallory, given))
    })
    expect(got).to.deep.equal(all(true))
  })

  it("stops days before the authority's, whether they are revealed or the token is changed", async () => {
    const got = await each(async town => {
      const [anna, ben, carol] = [town.person(), town.person(), town.person()]
      // The evening before lies on START_DAY − 1; the authority says START_DAY.
      const { token, isGood } = await town.redeem(await town.diagnose(anna, START_DAY), commitment(anna.report))
      await town.upload(withholding(anna.report, START_DAY - 1), token)
      const second = await town.redeem(await town.diagnose(ben, START_DAY), commitment(ben.report))
      const changed = second.token.slice()
      changed[9]!--
      await town.upload(withholding(ben.report, START_DAY - 1), changed)
      const third = await town.redeem(await town.diagnose(carol), commitment(carol.report))
      await town.upload(withholding(carol.report, START_DAY - 1), third.token)
      return [isGood, second.isGood, ...(await town.published(anna, ben, carol))]
    })
    expect(got).to.deep.equal(all([true, true, false, false, true]))
  })

  it("stops another phone's secrets under a token that was fetched", async () => {
    const got = await each(async town => {
      const [anna, mallory] = [town.person(), town.person()]
      const { token, isGood } = await town.redeem(await town.diagnose(anna), commitment(anna.report))
      await town.upload(withholding(mallory.report, START_DAY - 1), token)
      await town.upload(withholding({ ...mallory.report, r: anna.report.r }, START_DAY - 1), token)
      return [isGood, ...(await town.published(mallory))]
    })
    expect(got).to.deep.equal(all([true, false]))
  })

  it("redeemed twice, a code serves one commitment; the same one gets the same token again", async () => {
    const got = await each(async town => {
      const [anna, mallory] = [town.person(), town.person()]
      const code = await town.diagnose(anna)
      const first = await town.redeem(code, commitment(anna.report))
      const again = await town.redeem(code, commitment(anna.report))
      const other = await town.redeem(code, commitment(mallory.report))
      return [first.isGood, Buffer.from(again.token).equals(first.token), other.isGood]
    })
    expect(got).to.deep.equal(all([true, true, false]))
  })

  it("uploaded twice, a report is published once: the second time changes no batch", async () => {
    const got = await each(async town => {
      const anna = town.person()
      const { token } = await town.redeem(await town.diagnose(anna), commitment(anna.report))
      const seen: boolean[] = []
      for (let bucket = 0; bucket < 2; bucket++) {
        await town.upload(withholding(anna.report, START_DAY - 1), token)
        seen.push(...(await town.published(anna)))
      }
      return seen
    })
    expect(got).to.deep.equal(all([true, false]))
  })

  it("stops what another authority gave, code or token", async () => {
    const got = await each(async town => {
      const elsewhere = new Town(town.mechanism, 6)
      const anna = town.person()
      const code = await elsewhere.diagnose(anna)
      const foreign = await elsewhere.redeem(code, commitment(anna.report))
      await elsewhere.close()
      const { isGood } = await town.redeem(code, commitment(anna.report))
      await town.upload(withholding(anna.report, START_DAY - 1), foreign.token)
      return [foreign.isGood, isGood, ...(await town.published(anna))]
    })
    expect(got).to.deep.equal(all([true, false, false]))
  })

  it("who saw at the test what passed hands gets in first with a code, and learns nothing from a commitment", async () => {
    const got = await each(async town => {
      const [anna, mallory] = [town.person(), town.person()]
      const given = await town.test(anna)
      const code = await town.positive(anna, given)
      const seen = town.mechanism === "data-bound" ? codes.generate(dice) : code
      const committed = commitment(town.mechanism === "data-bound" ? anna.report : mallory.report)
      const stolen = await town.redeem(seen, committed)
      return [stolen.isGood, (await town.redeem(code, commitment(anna.report))).isGood]
    })
    expect(got).to.deep.equal({ simple: [true, false], activated: [true, false], "data-bound": [false, true] })
  })

  it("revoked before it is fetched, a permission is gone; a token that was fetched before stays good", async () => {
    const got = await each(async town => {
      const [anna, ben] = [town.person(), town.person()]
      const { authority } = await town.deployed
      const [forAnna, forBen] = [await town.test(anna), await town.test(ben)]
      const [codeOfAnna, codeOfBen] = [await town.positive(anna, forAnna), await town.positive(ben, forBen)]
      const fetched = await town.redeem(codeOfBen, commitment(ben.report))
      const bound = town.mechanism === "data-bound"
      for (const given of bound ? [forAnna, forBen] : [codeOfAnna, codeOfBen])
        expect(await authority.revoke(given, "supervisor-1")).to.equal(true)
      const late = await town.redeem(codeOfAnna, commitment(anna.report))
      await town.upload(withholding(ben.report, START_DAY - 1), fetched.token)
      return [late.isGood, ...(await town.published(ben))]
    })
    expect(got).to.deep.equal(all([false, true]))
  })

  it("a nurse who gives permissions to nobody's patients is not stopped, and stands in the log with every one", async () => {
    const got = await each(async town => {
      const mallory = town.person()
      const isPublished = await town.reports(mallory, await town.diagnose(mallory))
      const { authority } = await town.deployed
      const log = await authority.audit({ after: 0, limit: 10 })
      return [
        isPublished,
        verifyAudit(log, await authority.auditHead()),
        log.map(({ actor, action }) => [actor, action]),
      ]
    })
    expect(got).to.deep.equal({
      simple: [true, true, [[NURSE, "issue"]]],
      activated: [
        true,
        true,
        [
          [NURSE, "issue"],
          [NURSE, "activate"],
        ],
      ],
      "data-bound": [true, true, [[NURSE, "sign"]]],
    })
  })
})
