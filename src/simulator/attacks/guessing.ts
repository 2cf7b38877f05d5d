import { code } from "../../crypto/index.ts"
import { defaultParameters } from "../../protocol/index.ts"
import type { Attack } from "./attack.ts"

const ACTIVE_CODES = 1e5
const GUESSES_A_SECOND = 1000
const YEAR_SECONDS = 365 * 86_400
/** Bits of a code: thirteen symbols of five bits; the fourteenth is their check. */
const CODE_BITS = 5 * (code.CODE_SYMBOLS - 1)

const OBSERVATIONS = 140_000
const BATCHES_A_DAY = 12
const YEARS = 5
const PEOPLE = 1e6

export const guessing: Attack = {
  number: 20,
  name: "guessing",
  title: "Codes are guessed over the network",
  run: () => [
    {
      quantity: `chance of one hit in a year, ${ACTIVE_CODES} live codes, ${GUESSES_A_SECOND} guesses a second`,
      measured: (ACTIVE_CODES * GUESSES_A_SECOND * YEAR_SECONDS) / 2 ** CODE_BITS,
    },
  ],
}

export const falsePositives: Attack = {
  number: 22,
  name: "false-positives",
  title: "Identifiers that nobody published are found in a filter",
  run: () => {
    const lookUps = OBSERVATIONS * BATCHES_A_DAY * 365 * YEARS * PEOPLE
    return [
      {
        design: "unlinkable",
        quantity: `false matches of ${PEOPLE} people in ${YEARS} years (a warning needs many at once)`,
        measured: lookUps / 2 ** defaultParameters(0).fingerprintBits,
      },
    ]
  },
}
