import { expect } from "chai"
import type { Session, User } from "../../src/authority/accounts/store.ts"
import type { AccountStore } from "../../src/authority/index.ts"

const user = (name: string): User => ({
  name,
  role: "issuer",
  disabled: false,
  passwordHash: "$argon2id$",
  oneTimeUntil: 5,
  epoch: 0,
  totp: null,
  passkeys: [],
  recovery: [],
  createdDay: 20_000,
  lastSignInDay: null,
})
const session = (id: string, startedAt = 100, seenAt = 100): Session => ({
  id,
  user: "siti",
  stage: "full",
  epoch: 0,
  startedAt,
  seenAt,
  training: false,
  challenge: null,
  pendingTotp: null,
})

/** What every store of accounts owes to the portal. */
export function accountStoreContract(name: string, open: () => Promise<AccountStore>): void {
  describe(`the contract of an account store: ${name}`, () => {
    let store: AccountStore
    beforeEach(async () => {
      store = await open()
      await store.addUser(user("siti"))
    })
    afterEach(() => store.close())

    it("gives users as they were added, and in order of their names", async () => {
      await store.addUser(user("ali"))
      expect(await store.user("siti")).to.deep.equal(user("siti"))
      expect(await store.user("nobody")).to.equal(undefined)
      expect((await store.users()).map(one => one.name)).to.deep.equal(["ali", "siti"])
    })

    it("keeps the first of two users of one name", async () => {
      expect(await store.addUser({ ...user("siti"), role: "administrator" })).to.equal(false)
      expect((await store.user("siti"))?.role).to.equal("issuer")
    })

    it("changes a user as one step, and shows all users meanwhile", async () => {
      await store.addUser(user("ali"))
      const changed = await store.changeUser("siti", (one, all) => ({ ...one, epoch: all().length }))
      expect(changed?.epoch).to.equal(2)
      expect(await store.user("siti")).to.deep.equal(changed)
      expect(await store.changeUser("nobody", one => one)).to.equal(undefined)
    })

    it("changes nothing when the change is undefined or throws", async () => {
      expect(await store.changeUser("siti", () => undefined)).to.equal(undefined)
      const failed = store.changeUser("siti", () => {
        throw new Error("no")
      })
      expect(await failed.catch(error => error.message)).to.equal("no")
      expect(await store.user("siti")).to.deep.equal(user("siti"))
    })

    it("of many changes at once none is lost", async () => {
      await Promise.all(
        Array.from({ length: 20 }, () => store.changeUser("siti", one => ({ ...one, epoch: one.epoch + 1 }))),
      )
      expect((await store.user("siti"))?.epoch).to.equal(20)
    })

    it("a session that was removed does not come back by a change", async () => {
      await store.addSession(session("a"))
      expect(await store.changeSession("a", one => ({ ...one, seenAt: 160 }))).to.include({ seenAt: 160 })
      expect(await store.removeSession("a")).to.equal(true)
      expect(await store.removeSession("a"), "a second time").to.equal(false)
      expect(await store.changeSession("a", one => ({ ...one, seenAt: 220 }))).to.equal(undefined)
      expect(await store.session("a")).to.equal(undefined)
    })

    it("removes sessions by their start and by their last use, and no others", async () => {
      await store.addSession(session("old", 10, 200))
      await store.addSession(session("unused", 150, 90))
      await store.addSession(session("good", 100, 100))
      await store.changeSession("good", one => ({ ...one, seenAt: 300 }))
      await store.pruneSessions(100, 150)
      const left = await Promise.all(["old", "unused", "good"].map(id => store.session(id)))
      expect(left.map(one => one?.id)).to.deep.equal([undefined, undefined, "good"])
    })

    it("keeps API keys until they are removed", async () => {
      const key = { id: "00", label: "laboratory", hash: "$argon2id$", createdDay: 1 }
      await store.addApiKey(key)
      expect(await store.apiKey("00")).to.deep.equal(key)
      expect(await store.apiKeys()).to.deep.equal([key])
      expect(await store.removeApiKey("00")).to.equal(true)
      expect(await store.removeApiKey("00")).to.equal(false)
      expect(await store.apiKey("00")).to.equal(undefined)
    })
  })
}
