import { readFileSync } from "node:fs"
import { expect } from "chai"
import { fromHex, kernel } from "../../../src/crypto/index.ts"
import { observations, publishedKeys, result } from "./world.ts"

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../vectors/${name}.json`, import.meta.url), "utf8"))

interface LowCost {
  cases: {
    epochs_per_day: number
    start_day_unix: number
    sk0: string
    days: { t: number; ephids: string[] }[]
  }[]
}
interface Hybrid {
  cases: { n: number; w: number; seed: string; ephids: string[] }[]
}
interface Gaen {
  keys: {
    tek: string
    rolling_start: number
    rolling_period: number
    /** all of them, or some with their intervals */
    rpis?: string[]
    samples?: { enin: number; rpi: string }[]
  }[]
}

for (const backend of ["simd", "js"] as const)
  describe(`the kernel against the vectors, ${backend}`, () => {
    const matcher = kernel.createMatcher({ backend })
    const everyOne = (count: number) => Array.from({ length: count }, (_, observation) => ({ key: 0, observation }))

    it("low-cost: every identifier of every day of every chain is found from the chain's first key", () => {
      for (const { epochs_per_day, start_day_unix, sk0, days } of (read("lowcost-public") as LowCost).cases) {
        const start = start_day_unix / 86_400
        const list = days.flatMap(({ t, ephids }) => ephids.map(id => ({ id: fromHex(id), time: start + t })))
        const keys = publishedKeys(32, [{ secret: fromHex(sk0), first: start, last: start + 20 }])
        const search = matcher.search("low-cost", observations(list), { identifiersPerKey: epochs_per_day })
        expect(result(search.match(keys))).to.deep.equal(everyOne(list.length))
      }
    })

    it("hybrid: every identifier of every seed is found", () => {
      for (const { n, w, seed, ephids } of (read("hybrid-public") as Hybrid).cases) {
        const list = ephids.map(id => ({ id: fromHex(id), time: w }))
        const keys = publishedKeys(16, [{ secret: fromHex(seed), first: w, last: w }])
        const search = matcher.search("hybrid", observations(list), { identifiersPerKey: n })
        expect(result(search.match(keys))).to.deep.equal(everyOne(list.length))
      }
    })

    it("GAEN: every identifier of every key is found, with its interval", () => {
      for (const { tek, rolling_start, rolling_period, rpis, samples } of (read("gaen-public") as Gaen).keys) {
        const list = rpis?.map((rpi, j) => ({ rpi, enin: rolling_start + j })) ?? samples ?? []
        expect(list).to.have.length.above(0)
        const heard = observations(list.map(({ rpi, enin }) => ({ id: fromHex(rpi), time: enin })))
        // Some samples lie outside the key's period: for each of those, a key of that one interval stands beside it.
        const secret = fromHex(tek)
        const keys = [{ secret, first: rolling_start, last: rolling_start + rolling_period - 1 }]
        const expected = list.map(({ enin }, observation) => {
          const within = enin >= rolling_start && enin < rolling_start + rolling_period
          return { key: within ? 0 : keys.push({ secret, first: enin, last: enin }) - 1, observation, interval: enin }
        })
        expect(result(matcher.search("gaen", heard).match(publishedKeys(16, keys)))).to.deep.equal(expected)
      }
    })
  })
