import { expect } from "chai"
import { hex, time } from "../../src/crypto/index.ts"
import { defaultParameters, designByName, parseBatch, slotStart } from "../../src/protocol/index.ts"
import { makeBatch, Secrets } from "../../src/server/batcher.ts"
import { FIRST_BUCKET, random } from "./world.ts"

const parameters = defaultParameters(FIRST_BUCKET, ["low-cost", "hybrid"])

for (const name of ["low-cost", "hybrid"] as const)
  describe(`a ${name} batch`, () => {
    const design = designByName(name)!
    const at = { design, bucket: FIRST_BUCKET, parameters, random }
    const slot = name === "hybrid" ? FIRST_BUCKET - 3 : time.day(time.bucketStart(FIRST_BUCKET)) - 1
    const sizes = parameters.paddingSizes[name]!

    it("has a size of the public list, whatever is in it, and holds all that was put in", () => {
      for (const count of [0, 1, 5, 40, 300, 2000]) {
        const mine = Array.from({ length: count }, () => random.bytes(design.secretBytes))
        const secrets = new Secrets()
        for (const secret of mine) secrets.add(slot, secret)
        const { entries, groups } = parseBatch(makeBatch(at, secrets))
        expect(sizes, `${count} secrets`).to.include(entries)
        expect(entries).to.be.at.least(count)
        const found = new Set<string>()
        for (const group of groups)
          for (let i = 0; i < group.secrets.length; i += design.secretBytes)
            found.add(`${group.slot} ${hex(group.secrets.subarray(i, i + design.secretBytes))}`)
        for (const secret of mine) expect(found.has(`${slot} ${hex(secret)}`)).to.equal(true)
      }
    })

    it("holds a secret once, however often it was reported", () => {
      const secret = random.bytes(design.secretBytes)
      const secrets = new Secrets()
      for (let i = 0; i < 3; i++) secrets.add(slot, new Uint8Array(secret))
      expect(secrets.size).to.equal(1)
    })

    it("of nothing is at least twenty made-up reports, different each time, in slots that phones remember", () => {
      const [one, other] = [0, 1].map(() => parseBatch(makeBatch(at, new Secrets())))
      expect(hex(one!.salt)).to.not.equal(hex(other!.salt))
      expect(one!.entries).to.be.at.least(20)
      const end = time.bucketStart(FIRST_BUCKET) + time.SECONDS_PER_BUCKET
      for (const group of one!.groups) {
        const start = slotStart(design, group.slot, parameters)
        expect(start).to.be.lessThan(end)
        expect(time.day(start)).to.be.at.least(time.day(end - 1) - 13)
      }
    })

    it("beyond the largest size of the list is published all the same", () => {
      const small = { ...parameters, paddingSizes: { [name]: [sizes[0]!] } }
      const secrets = new Secrets()
      for (let i = 0; i < 3000; i++) secrets.add(slot, random.bytes(design.secretBytes))
      expect(parseBatch(makeBatch({ ...at, parameters: small }, secrets)).entries).to.be.greaterThan(3000)
    })
  })
