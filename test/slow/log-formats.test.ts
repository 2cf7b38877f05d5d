import { expectCoded, PARSERS } from "../protocol/hostile.ts"

const RUNS = 100_000

describe(`for ${RUNS} hostile inputs`, () => {
  for (const name of Object.keys(PARSERS))
    it(`${name} is taken or refused with a code`, () => expectCoded(name, RUNS)).timeout(900_000)
})
