import { expect } from "chai"
import { type Batch, type CodeRow, type CodeStore, verifyAudit } from "../../src/authority/index.ts"
import { seeded } from "../dice.ts"

const HOUR = 400_000
const key = (n: number): Uint8Array => new Uint8Array(32).fill(n)
export const codeRow = (n: number, more: Partial<CodeRow> = {}): CodeRow => ({
  code: key(n),
  mechanism: 1,
  contagiousFromDay: 18_000,
  expiresHour: HOUR + 24,
  ...more,
})
/** Who acts in these tests. */
export const BY = { minute: 24_000_000, actor: "nurse-1", action: "issue", count: 1 }
const attempt = (code: number, commitment: number) => ({ code: key(code), commitment: key(commitment) })

/** What every store of codes owes to the authority. */
export function codeStoreContract(name: string, open: () => Promise<CodeStore>): void {
  describe(`the contract of a code store: ${name}`, () => {
    let store: CodeStore
    const redeem = async (code: number, commitment: number, hour = HOUR) =>
      (await store.redeem([attempt(code, commitment)], hour))[0]
    const grant = { mechanism: 1, contagiousFromDay: 18_000, expiresHour: HOUR + 24 }

    beforeEach(async () => {
      store = await open()
      await store.add([codeRow(1), codeRow(2, { contagiousFromDay: 18_003 })], BY)
    })
    afterEach(() => store.close())

    it("a good code gives what it was issued with", async () => {
      expect(await redeem(1, 10)).to.deep.equal(grant)
      expect(await redeem(2, 10)).to.deep.equal({ ...grant, contagiousFromDay: 18_003 })
    })

    it("an unknown code gives nothing", async () => {
      expect(await redeem(3, 10)).to.equal(undefined)
    })

    it("a spent code answers its own commitment again and no other", async () => {
      await redeem(1, 10)
      expect(await redeem(1, 11)).to.equal(undefined)
      expect(await redeem(1, 10)).to.deep.equal(grant)
      expect(await redeem(1, 10)).to.deep.equal(grant)
    })

    it("of two attempts in one call the first wins, and each gets its own answer", async () => {
      const answers = await store.redeem([attempt(1, 10), attempt(9, 1), attempt(1, 11), attempt(1, 10)], HOUR)
      expect(answers).to.deep.equal([grant, undefined, undefined, grant])
    })

    it("of many calls at once for one code exactly one commitment wins", async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => redeem(1, 100 + n)))
      expect(answers.filter(answer => answer !== undefined)).to.have.length(1)
    })

    it("a code ends with its hour", async () => {
      expect(await redeem(1, 10, HOUR + 23)).to.deep.equal(grant)
      expect(await redeem(2, 10, HOUR + 24)).to.equal(undefined)
    })

    it("a spent code answers its own commitment one hour longer", async () => {
      await redeem(1, 10, HOUR + 23)
      expect(await redeem(1, 10, HOUR + 24)).to.deep.equal(grant)
      expect(await redeem(1, 10, HOUR + 25)).to.equal(undefined)
    })

    it("prune removes what has ended and keeps the rest", async () => {
      await store.add([codeRow(3, { expiresHour: HOUR + 30 })], BY)
      await redeem(1, 10)
      await store.prune(HOUR + 24)
      expect(await redeem(1, 10)).to.deep.equal(grant)
      await store.prune(HOUR + 25)
      expect(await redeem(1, 10)).to.equal(undefined)
      expect(await redeem(2, 10)).to.equal(undefined)
      expect(await redeem(3, 10)).to.deep.equal({ ...grant, expiresHour: HOUR + 30 })
    })

    it("a known code is refused, and nothing of its call is kept", async () => {
      const failure = await store.add([codeRow(5), codeRow(1, { contagiousFromDay: 1 })], BY).then(
        () => undefined,
        error => error,
      )
      expect(failure).to.be.instanceOf(Error)
      expect(await redeem(5, 10)).to.equal(undefined)
      expect(await redeem(1, 10)).to.deep.equal(grant)
    })

    it("a dead code gives nothing until it is activated, once, before its end; then the day and the end of that", async () => {
      await store.add([codeRow(6, { contagiousFromDay: undefined, mechanism: 2 })], BY)
      expect(await redeem(6, 10)).to.equal(undefined)
      const granted = { contagiousFromDay: 18_001, expiresHour: HOUR + 6 }
      expect(await store.activate(key(6), granted, HOUR + 24, BY), "after its end").to.equal(false)
      expect(await store.activate(key(6), granted, HOUR, BY)).to.equal(true)
      expect(await redeem(6, 10)).to.deep.equal({ mechanism: 2, ...granted })
      expect(await store.activate(key(6), { ...granted, contagiousFromDay: 1 }, HOUR, BY), "again").to.equal(false)
      expect(await store.activate(key(1), granted, HOUR, BY), "a live one").to.equal(false)
      expect(await store.activate(key(9), granted, HOUR, BY), "an unknown one").to.equal(false)
      expect(await redeem(1, 10)).to.deep.equal(grant)
      expect(await redeem(6, 11, HOUR + 1)).to.equal(undefined)
    })

    it("a revoked code gives nothing, spent or not, and others stay", async () => {
      await redeem(1, 10)
      expect([await store.revoke(key(1), BY), await store.revoke(key(1), BY)]).to.deep.equal([true, false])
      expect(await redeem(1, 10)).to.equal(undefined)
      expect(await redeem(2, 10)).to.deep.equal({ ...grant, contagiousFromDay: 18_003 })
    })

    it("a batch is kept once, its lines are stored once, and it goes when it ends", async () => {
      const batch: Batch = {
        id: key(70),
        order: key(71),
        salt: key(72),
        issuedHour: HOUR,
        expiresHour: HOUR + 25,
        done: 0,
      }
      expect(await store.beginBatch(batch, BY)).to.deep.equal(batch)
      await store.addToBatch(key(70), 0, [codeRow(30), codeRow(31)], 3)
      await store.addToBatch(key(70), 0, [codeRow(30), codeRow(31)], 3)
      const again = await store.beginBatch({ ...batch, salt: key(73), order: key(74) }, BY)
      expect(again).to.deep.equal({ ...batch, done: 3 })
      await store.addToBatch(key(70), 3, [codeRow(32)], 1)
      expect(await redeem(32, 10)).to.deep.equal(grant)
      expect(await store.batch(key(70))).to.deep.equal({ ...batch, done: 4 })
      await store.prune(HOUR + 25)
      expect(await store.batch(key(70))).to.equal(undefined)
      const late = await store.addToBatch(key(70), 4, [codeRow(33)], 1).catch(error => error)
      expect(late, "a line of no batch is not said to be stored").to.be.instanceOf(Error)
      expect(await redeem(33, 10)).to.equal(undefined)
      expect((await store.beginBatch({ ...batch, salt: key(73) }, BY)).salt).to.deep.equal(key(73))
    })

    it("every act is in the log, once, in order; redeeming is not, and neither is what was rejected", async () => {
      const before = await store.head()
      await store.add([codeRow(6, { contagiousFromDay: undefined })], { ...BY, actor: "a" })
      await store.add([codeRow(6)], BY).catch(() => undefined)
      await redeem(6, 1)
      await store.activate(key(6), { contagiousFromDay: 1, expiresHour: HOUR + 6 }, HOUR, { ...BY, action: "activate" })
      await store.revoke(key(99), { ...BY, minute: BY.minute + 1440, action: "revoke" })
      await store.record({ ...BY, action: "sign-in", count: 7 })
      const log = await store.entries(before.number, 100)
      expect(log.map(({ number, actor, action }) => [number - before.number, actor, action])).to.deep.equal([
        [1, "a", "issue"],
        [2, "nurse-1", "activate"],
        [3, "nurse-1", "revoke-refused"],
        [4, "nurse-1", "sign-in"],
      ])
      expect(await store.entries(before.number + 1, 2)).to.deep.equal(log.slice(1, 3))
      expect(verifyAudit(log, await store.head(), before)).to.equal(true)
      const day = Math.floor(BY.minute / 1440)
      expect((await store.countByDay(day, day)).filter(({ action }) => action !== "issue")).to.deep.equal([
        { day, action: "activate", count: 1 },
        { day, action: "sign-in", count: 7 },
      ])
      expect(await store.countByDay(day + 1, day + 2)).to.deep.equal([
        { day: day + 1, action: "revoke-refused", count: 1 },
      ])
    })

    it("agrees with a model over random sequences of attempts", async () => {
      const dice = seeded(1)
      const spent = new Map<number, number>()
      for (let i = 0; i < 100; i++) {
        const [a, b] = dice.bytes(2) as unknown as [number, number]
        const code = a % 4
        const commitment = 50 + (b % 3)
        const known = code === 1 || code === 2
        const good = known && (spent.get(code) ?? commitment) === commitment
        if (good) spent.set(code, commitment)
        expect((await redeem(code, commitment)) !== undefined).to.equal(good)
      }
    })
  })
}
