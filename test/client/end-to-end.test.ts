import { expect } from "chai"
import { DESIGNS } from "../../src/protocol/index.ts"
import { world } from "../../src/simulator/testing.ts"
import { CONFIG } from "./config.ts"

const START = "2020-05-08"

for (const design of DESIGNS)
  describe(`the whole loop, ${design.name}`, () => {
    it("warns who was near for twenty minutes, and nobody else", async () => {
      const w = world({ seed: 7, start: START, config: { ...CONFIG, design: design.name } })
      const anna = await w.device("anna")
      const ben = await w.device("ben")
      const cleo = await w.device("cleo")
      await w.advance({ hours: 10 })
      w.near("anna", "ben", { minutes: 20, attenuation: 50 })
      w.near("anna", "cleo", { minutes: 20, attenuation: 80 })
      await w.advance({ hours: 20 })
      expect((await ben.status()).exposure.is).to.equal("none")
      const draft = await anna.prepareReport({
        onset: START,
        proof: await w.confirm("anna", START),
        consent: { to: "health authority", at: w.now },
      })
      await draft.submit()
      await w.advance({ hours: 8 + 2 * design.bucketsAhead })
      const { exposure } = await ben.status()
      expect(exposure).to.include({ is: "exposed", dismissed: false })
      expect(exposure.is === "exposed" && exposure.days.map(({ day }) => day)).to.deep.equal([START])
      expect((await cleo.status()).exposure.is).to.equal("none")
      expect((await anna.status()).report).to.deep.include({ is: "sent" })
      await w.close()
    })
  })
