import { expect } from "chai"
import { readActions } from "../../src/client/delivery.ts"
import type { Config } from "../../src/client/index.ts"
import { actionKey } from "../../src/client/layout.ts"
import { updateState } from "../../src/client/state.ts"
import { time } from "../../src/crypto/index.ts"
import type { DesignName } from "../../src/protocol/index.ts"
import type { Exchange, World } from "../../src/simulator/testing.ts"
import { draftOf, type Lab, lab, never, WRONG_CODE } from "./lab.ts"
import { dump } from "./stored.ts"

const COVER: Config["cover"] = { meanDays: 1, catchUpHours: 48 }
const bucketOf = (ms: number): number => time.bucket(ms / 1000)

/** What anybody on the wire sees of a phone's uploads and redemptions. */
const seen = (w: World, from: string): Exchange[] => w.wire().filter(one => one.from === from && one.method === "POST")
const kindsOf = (all: readonly Exchange[]): string[] => all.map(({ url }) => url.slice(url.lastIndexOf("/") + 1))

/** A cover action whose time is now, and no other: those under way are dropped, and the next comes in a month. */
async function cover({ w, anna }: Lab): Promise<void> {
  const second = Math.floor(w.now / 1000)
  const due = (coverAt: number) => w.store("anna").write(tx => updateState(tx, { coverAt }))
  await w.store("anna").write(async tx => {
    for (const { id } of await readActions(tx)) tx.del(actionKey(id))
  })
  await due(second - 1)
  await anna.run("cover", { signal: never })
  await due(second + 30 * 86_400)
  expect((await anna.status()).report.is).to.equal("none")
}

const report = async (at: Lab) => void (await (await draftOf(at)).submit())
const wrongCode = async (at: Lab) => {
  const draft = await draftOf(at, WRONG_CODE)
  const failure = await draft.submit().catch(error => error)
  expect(failure.code).to.equal("proof-invalid")
  expect(failure.retry).to.equal("after-user")
}

/** An action as anybody on the wire sees it, from its first request to its last. */
async function onTheWire(design: DesignName, begin: (at: Lab) => Promise<void>, covering: Config["cover"]) {
  const at = await lab(design, { config: { cover: covering } })
  const before = seen(at.w, "anna").length
  await begin(at)
  expect(kindsOf(seen(at.w, "anna").slice(before))).to.deep.equal(["redeem", "uploads"])
  await at.w.advance({ hours: 8 })
  const all = seen(at.w, "anna").slice(before, before + 3)
  expect(kindsOf(all)).to.deep.equal(["redeem", "uploads", "uploads"])
  expect(all[1]!.at - all[0]!.at).to.be.within(2000, 5000)
  // A uniform time in that bucket, and what the host's scheduler takes to come round.
  expect(bucketOf(all[2]!.at) - bucketOf(all[1]!.at)).to.be.within(2, 3)
  if (covering === "off") {
    await at.w.advance({ hours: 12 })
    expect(seen(at.w, "anna"), "there is no third").to.have.length(before + 3)
    expect(await dump(at.w.store("anna"), "ra"), "code, token, r and report are gone").to.deep.equal([])
  }
  await at.w.close()
  return all.map(({ method, url, headers, bytes, status, answerBytes }) => ({
    method,
    url,
    headers: Object.entries(headers),
    bytes,
    status,
    answerBytes,
  }))
}

for (const design of ["hybrid", "low-cost"] as DesignName[])
  it(`a report, one with a bad code and a cover action: a redemption and two uploads, the same on the wire: ${design}`, async () => {
    const real = await onTheWire(design, report, "off")
    expect(real.map(({ status }) => status)).to.deep.equal([200, 202, 202])
    expect(new Set(real.slice(1).map(({ bytes }) => bytes)).size).to.equal(1)
    expect(await onTheWire(design, wrongCode, "off")).to.deep.equal(real)
    expect(await onTheWire(design, cover, COVER)).to.deep.equal(real)
  })

it("a report waits in the outbox while there is no network, and is not sent twice by task and person together", async () => {
  const at = await lab()
  const draft = await draftOf(at)
  at.w.intercept(() => Promise.reject(new Error("offline")))
  expect(await draft.submit().catch(error => error.code)).to.equal("network")
  expect((await at.anna.status()).report.is).to.equal("sending")
  at.w.intercept(undefined)
  const before = seen(at.w, "anna").length
  await Promise.all([draft.submit(), at.anna.run("cover", { signal: never }), draft.submit()])
  expect(kindsOf(seen(at.w, "anna").slice(before))).to.deep.equal(["redeem", "uploads"])
  await at.w.close()
})

it("what a report publishes is not broadcast any more from the moment the code is redeemed", async () => {
  const at = await lab()
  const before = await dump(at.w.store("anna"), "s")
  const draft = await draftOf(at)
  // The upload does not get through; the authority has answered.
  at.w.intercept((_, request, pass) => (request.url.endsWith("/uploads") ? Promise.reject(new Error("lost")) : pass()))
  expect(await draft.submit().catch(error => error.code)).to.equal("network")
  const after = await dump(at.w.store("anna"), "s")
  expect(after).to.have.length(1)
  expect(before).not.to.deep.include(after[0])
  await at.w.close()
})
