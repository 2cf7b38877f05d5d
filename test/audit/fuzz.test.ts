import { fuzzAudit } from "./fuzz.ts"

describe("a hostile tree, a few of them", () => {
  fuzzAudit(50)
})
