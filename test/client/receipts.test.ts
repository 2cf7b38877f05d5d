import { expect } from "chai"
import type { Config } from "../../src/client/index.ts"
import { receiptKey } from "../../src/client/layout.ts"
import { hex, sha256, time } from "../../src/crypto/index.ts"
import { RECEIPT_BYTES } from "../../src/protocol/index.ts"
import { draftOf, type Lab, lab, never } from "./lab.ts"
import { dump } from "./stored.ts"

const COVER: Config["cover"] = { meanDays: 1, catchUpHours: 48 }
const uploadsOf = ({ w }: Lab) => w.wire().filter(({ from, url }) => from === "anna" && url.endsWith("/v1/uploads"))

/** A phone after one whole action, and what ingest answered. */
async function after(kind: "report" | "cover"): Promise<Lab & { answers: Uint8Array[] }> {
  const at = await lab("hybrid", { config: { cover: kind === "cover" ? COVER : "off" } })
  const answers: Uint8Array[] = []
  at.w.intercept(async (_, request, pass) => {
    const answer = await pass()
    if (request.url.endsWith("/v1/uploads")) answers.push(answer.body)
    return answer
  })
  if (kind === "report") await (await draftOf(at)).submit()
  while (uploadsOf(at).length < 2) await at.w.advance({ hours: 1 })
  return { ...at, answers }
}

for (const kind of ["report", "cover"] as const)
  it(`of every upload the receipt is kept, and nothing says what it was for: ${kind}`, async () => {
    const at = await after(kind)
    const stored = await dump(at.w.store("anna"), "c")
    const sent = uploadsOf(at)
    expect(stored).to.have.length(sent.length)
    for (const [i, { body }] of sent.entries()) {
      const kept = stored.find(([, value]) => value.startsWith(hex(sha256(body))))!
      expect(kept[1].slice(64)).to.equal(hex(at.answers[i]!))
      // The promised batch and a random tag: neither when it came, nor in which order.
      expect(kept[0].slice(2, 10)).to.equal(kept[1].slice(64, 72))
      expect(kept[0].length / 2).to.equal(1 + 4 + 16)
      expect(kept[1].length / 2).to.equal(32 + RECEIPT_BYTES)
    }
    await at.w.close()
  })

it("a receipt of another key, or for another body, does not make an upload done", async () => {
  for (const damage of [
    (body: Uint8Array) => body.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
    (body: Uint8Array) => body.map((byte, i) => (i === 3 ? byte ^ 1 : byte)),
  ]) {
    const at = await lab()
    at.w.intercept(async (_, request, pass) => {
      const answer = await pass()
      return request.url.endsWith("/v1/uploads") ? { ...answer, body: damage(answer.body) } : answer
    })
    expect(await (await draftOf(at)).submit().catch(error => error.code)).to.equal("signature")
    expect((await at.anna.status()).report.is).to.equal("sending")
    expect(await dump(at.w.store("anna"), "c")).to.deep.equal([])
    await at.w.close()
  }
})

it("receipts go fourteen days after their batch, and with everything", async () => {
  const at = await after("report")
  const kept = () => dump(at.w.store("anna"), "c")
  await at.anna.erase("contacts")
  await at.anna.erase("exposures")
  expect(await kept()).to.have.length(2)
  const lines: string[] = []
  for await (const line of at.anna.exportData({ includeOwnKeys: false })) lines.push(Buffer.from(line).toString())
  expect(lines.filter(line => line.includes('"kind":"receipt"'))).to.have.length(2)
  const erased = await after("report")
  await erased.anna.erase("everything")
  expect(await dump(erased.w.store("anna"), "c")).to.deep.equal([])
  // Of the fourteenth day before today, and of the day before that.
  const today = time.day(at.w.now / 1000)
  const old = [today - 14, today - 15].map(day => receiptKey(12 * day, new Uint8Array(16)))
  await at.w.store("anna").write(tx => {
    for (const key of old) tx.put(key, new Uint8Array(32 + RECEIPT_BYTES))
  })
  await at.anna.run("prune", { signal: never })
  const left = (await kept()).map(([key]) => key)
  expect(left).to.have.length(3)
  expect(left).to.include(hex(old[0]!)).and.not.include(hex(old[1]!))
  await erased.w.close()
  await at.w.close()
})
