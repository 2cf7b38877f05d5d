import { fuzzAudit } from "../audit/fuzz.ts"
import { fuzzParsers, fuzzProofs } from "../protocol/fuzz.ts"

describe("hostile input", () => {
  fuzzParsers(100_000)
  fuzzProofs(100_000)
  fuzzAudit(3_000)
})
