import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { sqliteCodeStore } from "../../src/authority/index.ts"
import { code } from "../../src/crypto/index.ts"
import { encodeRedeem } from "../../src/protocol/index.ts"
import { deploy, TODAY } from "../authority/deployment.ts"
import { seeded } from "../dice.ts"

const ROUNDS = 1000
const mean = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length
const variance = (x: readonly number[]) => x.reduce((a, b) => a + (b - mean(x)) ** 2, 0) / (x.length - 1)

/** Welch's t of two samples. */
const welch = (a: readonly number[], b: readonly number[]): number =>
  (mean(a) - mean(b)) / Math.sqrt(variance(a) / a.length + variance(b) / b.length)

/** Chance that a good code's answer took longer than a bad one's, ties half: 0.5 tells nothing. */
function area(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map(ms => ({ ms, good: 1 })), ...b.map(ms => ({ ms, good: 0 }))].sort((x, y) => x.ms - y.ms)
  let ranks = 0
  for (let i = 0; i < all.length; ) {
    let end = i
    while (end < all.length && all[end]!.ms === all[i]!.ms) end++
    for (let k = i; k < end; k++) ranks += all[k]!.good * ((i + 1 + end) / 2)
    i = end
  }
  return (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length)
}

it("the time of an answer does not tell a good code from a spent or a made-up one", async function () {
  this.timeout(600_000)
  const dir = mkdtempSync(join(tmpdir(), "lindung-time-"))
  const site = await deploy(
    { redeemMillis: 40 },
    {
      store: await sqliteCodeStore(join(dir, "codes.sqlite"), seeded(1)),
      monotonic: () => performance.now(),
      wait: ms => sleep(ms),
    },
  )
  const dice = seeded(2)
  const times: Record<"good" | "spent" | "madeUp", number[]> = { good: [], spent: [], madeUp: [] }
  const spent = (await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")).code
  await site.redeem(encodeRedeem(spent, dice.bytes(32)))
  for (let round = 0; round < ROUNDS; round++) {
    const good = (await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")).code
    const kinds = { good, spent, madeUp: code.generate(dice) }
    const first = dice.bytes(1)[0]! % 3
    for (let k = 0; k < 3; k++) {
      const kind = (["good", "spent", "madeUp"] as const)[(first + k) % 3]!
      const request = encodeRedeem(kinds[kind], dice.bytes(32))
      const start = performance.now()
      await site.redeem(request)
      times[kind].push(performance.now() - start)
    }
  }
  await site.close()
  rmSync(dir, { recursive: true })
  for (const other of ["spent", "madeUp"] as const) {
    const t = welch(times.good, times[other])
    const auc = area(times.good, times[other])
    const summary = `good and ${other}: t = ${t.toFixed(2)}, AUC = ${auc.toFixed(4)}`
    console.log(`  ${summary} over ${ROUNDS} answers each, mean ${mean(times.good).toFixed(2)} ms`)
    expect(Math.abs(t), summary).to.be.below(4.5)
    // Four standard deviations of an area that tells nothing, for this number of answers.
    expect(Math.abs(auc - 0.5), summary).to.be.below(4 * Math.sqrt((2 * ROUNDS + 1) / (12 * ROUNDS * ROUNDS)))
  }
})
