import { fuzzParsers, fuzzProofs } from "./fuzz.ts"

describe("hostile input, a little of it", () => {
  fuzzParsers(200)
  fuzzProofs(200)
})
