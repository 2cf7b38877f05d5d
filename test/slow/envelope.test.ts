import { expect } from "chai"
import { fromHex } from "../../src/crypto/index.ts"
import { defaultParameters, openEnvelope } from "../../src/protocol/index.ts"
import { prefixes, refusal, someChanges } from "../protocol/damage.ts"
import { x25519 } from "../protocol/platform.ts"
import { vectors } from "../protocol/vectors.ts"

const { bucket, ingest_secret, ingest_public } = vectors.parameters
const keys = { secretKey: fromHex(ingest_secret), publicKey: fromHex(ingest_public) }
const parameters = { ...defaultParameters(0, ["low-cost", "unlinkable", "hybrid"]), ...vectors.report_lengths }
const open = (envelope: Uint8Array) => openEnvelope(envelope, bucket, keys, parameters, x25519)

for (const { design, envelope, cover } of vectors.reports)
  for (const [kind, message] of Object.entries({ report: fromHex(envelope), cover: fromHex(cover) }))
    it(`every prefix and every changed byte of a ${design} ${kind} envelope is refused`, function () {
      this.timeout(300_000)
      expect(refusal(() => open(message))).to.equal(undefined)
      for (const prefix of prefixes(message)) expect(refusal(() => open(prefix))).to.equal("format")
      for (const { at, changed } of someChanges(message, message.length, 1))
        expect(
          refusal(() => open(changed)),
          `byte ${at}`,
        ).to.equal("format")
    })
