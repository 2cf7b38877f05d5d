import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { sqliteCodeStore } from "../../src/authority/index.ts"
import { code, shuffle } from "../../src/crypto/index.ts"
import { encodeRedeem, parseToken, verifyToken } from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"
import { deploy, TODAY } from "../authority/deployment.ts"
import { seeded } from "../dice.ts"
import { area, mean, welch } from "./samples.ts"

const ANSWERS = 10_000
/** Requests of each kind that are under way at one time. */
const EACH = 10
/** What comes to /v1/redeem: the last is what a cover action asks with. */
const KINDS = ["good", "wrong", "spent", "cover"] as const
type Kind = (typeof KINDS)[number]

it("the time of an answer does not tell a good code from a wrong, a spent or a made-up one", async function () {
  this.timeout(3_600_000)
  const dir = mkdtempSync(join(tmpdir(), "lindung-time-"))
  const site = await deploy(
    { redeemMillis: 100 },
    {
      store: await sqliteCodeStore(join(dir, "codes.sqlite"), seeded(1)),
      curve: nativeEd25519,
      monotonic: () => performance.now(),
      wait: ms => sleep(ms),
    },
  )
  const dice = seeded(2)
  const orders = Array.from({ length: ANSWERS + 1 }, () => ({ contagiousFromDay: TODAY }))
  const lines = await site.authority.bulkIssue({ batchId: "0123456789abcdef", orders }, "nurse-1")
  const codes = lines.map(line => ("code" in line ? line.code : ""))
  const spent = codes[ANSWERS]!
  await site.redeem(encodeRedeem(spent, dice.bytes(32)))
  const typed: Record<Kind, (n: number) => string> = {
    good: n => codes[n]!,
    wrong: n => `${codes[n]!.slice(0, 13)}${codes[n]![13] === "0" ? "1" : "0"}`,
    spent: () => spent,
    cover: () => code.generate(dice),
  }
  const times: Record<Kind, number[]> = { good: [], wrong: [], spent: [], cover: [] }
  // Together in random order, so that whatever else the machine does falls on all kinds alike.
  for (let round = 0; round < ANSWERS / EACH; round++) {
    const order = shuffle(
      Array.from({ length: KINDS.length * EACH }, (_, i) => ({
        kind: KINDS[i % KINDS.length]!,
        n: round * EACH + (i >> 2),
      })),
      dice,
    )
    await Promise.all(
      order.map(async ({ kind, n }) => {
        const request = encodeRedeem(typed[kind](n), dice.bytes(32))
        const start = performance.now()
        const { body } = await site.redeem(request)
        times[kind].push(performance.now() - start)
        expect(verifyToken(parseToken(body), [site.authority.publicKey], nativeEd25519)).to.equal(kind === "good")
      }),
    )
  }
  await site.close()
  rmSync(dir, { recursive: true })
  for (const other of ["wrong", "spent", "cover"] as const) {
    const t = welch(times.good, times[other])
    const auc = area(times.good, times[other])
    const summary = `good and ${other}: t = ${t.toFixed(2)}, AUC = ${auc.toFixed(4)}`
    console.log(`  ${summary} over ${ANSWERS} answers each, mean ${mean(times.good).toFixed(2)} ms`)
    expect(Math.abs(t), summary).to.be.below(4.5)
    expect(Math.abs(auc - 0.5), summary).to.be.at.most(0.016)
  }
})
