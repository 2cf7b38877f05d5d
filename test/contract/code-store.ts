import { expect } from "chai"
import type { CodeRow, CodeStore } from "../../src/authority/index.ts"
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
      await store.add([codeRow(1), codeRow(2, { contagiousFromDay: 18_003 })])
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
      await store.add([codeRow(3, { expiresHour: HOUR + 30 })])
      await redeem(1, 10)
      await store.prune(HOUR + 24)
      expect(await redeem(1, 10)).to.deep.equal(grant)
      await store.prune(HOUR + 25)
      expect(await redeem(1, 10)).to.equal(undefined)
      expect(await redeem(2, 10)).to.equal(undefined)
      expect(await redeem(3, 10)).to.deep.equal({ ...grant, expiresHour: HOUR + 30 })
    })

    it("a known code is refused, and nothing of its call is kept", async () => {
      const failure = await store.add([codeRow(5), codeRow(1, { contagiousFromDay: 1 })]).then(
        () => undefined,
        error => error,
      )
      expect(failure).to.be.instanceOf(Error)
      expect(await redeem(5, 10)).to.equal(undefined)
      expect(await redeem(1, 10)).to.deep.equal(grant)
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
