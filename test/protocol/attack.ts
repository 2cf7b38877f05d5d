import fc from "fast-check"

/** Lengths and counts at which arithmetic goes wrong. */
const EXTREMES = ["00", "01", "7f", "80", "ff"].flatMap(byte => [
  byte.repeat(1),
  byte.repeat(2),
  byte.repeat(4),
  byte.repeat(8),
])
const NUMBERS = [...EXTREMES, "0000ffff", "7fffffff", "80000000", "fffffffe", "001fffffffffffff", "0020000000000000"]
const LONGEST = 4096

type Step =
  | { readonly is: "flip"; readonly at: number; readonly mask: number }
  | { readonly is: "number"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly is: "cut"; readonly at: number }
  | { readonly is: "repeat"; readonly at: number; readonly length: number }
  | { readonly is: "append"; readonly bytes: Uint8Array }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ is: fc.constant("flip" as const), at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant("number" as const),
      at: fc.nat(),
      bytes: fc.constantFrom(...NUMBERS).map(digits => new Uint8Array(Buffer.from(digits, "hex"))),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("cut" as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("repeat" as const), at: fc.nat(), length: fc.nat(64) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("append" as const), bytes: fc.uint8Array({ maxLength: 64 }) }) },
)

function changed(message: Uint8Array, one: Step): Uint8Array {
  if (one.is === "append") return new Uint8Array(Buffer.concat([message, one.bytes]))
  const at = message.length === 0 ? 0 : one.at % message.length
  if (one.is === "cut") return message.slice(0, at)
  if (one.is === "repeat") {
    const end = at + one.length
    return new Uint8Array(Buffer.concat([message.subarray(0, end), message.subarray(at)]))
  }
  const out = new Uint8Array(message)
  if (one.is === "flip" && out.length > 0) out[at]! ^= one.mask
  if (one.is === "number") out.set(one.bytes.subarray(0, out.length - at), at)
  return out
}

/** The first bytes matter most: there the lengths stand. */
const atHead = (one: Step): Step => (one.is === "append" ? one : { ...one, at: one.at % 80 })

/**
 * What a hostile server or phone may send in place of a message: anything at all, the message cut, changed, with
 * something inserted or behind it, with extreme numbers where its lengths stand.
 */
export const hostile = (messages: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: LONGEST, size: "max" }) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...messages), fc.array(fc.oneof(step, step.map(atHead)), { minLength: 1, maxLength: 4 }))
        .map(([message, steps]) => steps.reduce(changed, message)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...messages), fc.nat())
        .map(([message, at]) => message.slice(0, at % (message.length + 1))),
    },
  )
