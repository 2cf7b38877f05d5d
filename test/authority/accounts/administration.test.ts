import { expect } from "chai"
import { administration } from "../../../src/authority/accounts/administration.ts"
import { memoryAccountStore } from "../../../src/authority/index.ts"
import { seeded } from "../../dice.ts"

/** Administration whose trail takes nothing while `isFull`. */
async function site() {
  const store = memoryAccountStore()
  const trail: string[] = []
  const state = { isFull: false }
  const users = administration({
    clock: () => 1_800_000_000,
    random: seeded(5),
    store,
    passwords: { hash: async password => `hash of ${password}`, verify: async () => false },
    inLane: async (_, work) => work(),
    async record(actor, action) {
      if (state.isFull) throw new Error("the disk is full")
      trail.push(`${actor} ${action}`)
    },
  })
  return { store, trail, state, users }
}

describe("what an administrator does", () => {
  it("is in the trail before it is done: where the trail takes nothing, nothing is done", async () => {
    const { store, trail, state, users } = await site()
    await users.add("nurse", "issuer", "admin")
    const before = await store.user("nurse")
    state.isFull = true
    const acts = [
      () => users.add("other", "issuer", "admin"),
      () => users.disable("nurse", "admin"),
      () => users.setRole("nurse", "supervisor", "admin"),
      () => users.resetPassword("nurse", "admin"),
      () => users.resetSecondFactor("nurse", "admin"),
    ]
    for (const act of acts) expect((await act().catch(error => error)).message).to.equal("the disk is full")
    expect(await store.users()).to.deep.equal([before])
    expect(trail).to.deep.equal(["admin/nurse add-user"])
  })

  it("and is refused leaves nothing in the trail", async () => {
    const { trail, users } = await site()
    await users.add("root", "administrator", "admin")
    expect(await users.add("root", "issuer", "admin").catch(error => error)).to.include({ code: "conflict" })
    expect(await users.disable("root", "admin").catch(error => error)).to.include({ code: "conflict" })
    expect(await users.disable("nobody", "admin").catch(error => error)).to.include({ code: "not-found" })
    expect(trail).to.deep.equal(["admin/root add-user"])
  })
})
