import { expect } from "chai"
import { u32 } from "../../src/crypto/index.ts"
import { designByName, encodeBatch, parseBatch, type SecretBatch } from "../../src/protocol/index.ts"

it("a batch of more secrets than a call may have arguments is written", () => {
  const count = 150_000
  const secrets = Array.from({ length: count }, (_, i) => new Uint8Array([...u32(count - i), ...new Uint8Array(12)]))
  const header = {
    design: designByName("hybrid")!,
    bucket: 1,
    parametersHash: new Uint8Array(32),
    salt: new Uint8Array(16),
  }
  const { entries, groups } = parseBatch(encodeBatch(header, new Map([[7, secrets]]))) as SecretBatch
  expect(entries).to.equal(count)
  expect(groups[0]!.secrets.subarray(0, 4)).to.deep.equal(u32(1))
})
