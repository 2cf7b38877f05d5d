import { runInNewContext } from "node:vm"
import { expect } from "chai"
import fc from "fast-check"
import { type Row, surface } from "./surface.ts"

/** What came out, as text: bytes in hexadecimal, and an error by its message. */
function outcome(call: () => unknown): string {
  try {
    return spelled(call())
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}
const spelled = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? Buffer.from(part).toString("hex") : part)) ??
  "undefined"

/** The same inputs with every byte array put elsewhere in memory. */
const moved = (inputs: readonly unknown[], place: (input: Uint8Array) => Uint8Array): unknown[] =>
  inputs.map(input => (input instanceof Uint8Array ? place(input) : input))

/** A view at `offset` of a buffer that is otherwise full of noise. */
function within(input: Uint8Array, offset: number, noise: number): Uint8Array {
  const outer = new Uint8Array(offset + input.length + 37).fill(noise)
  outer.set(input, offset)
  return outer.subarray(offset, offset + input.length)
}

const foreign: (input: Uint8Array) => Uint8Array = runInNewContext("input => Uint8Array.from(input)")

const takesBytes = surface.filter(({ args }) => args.some(({ kind }) => kind === "bytes"))
const isSlow = ({ name }: Row): boolean => /sealedBox|signature/.test(name)

describe("crypto: views, and whose memory is whose", () => {
  for (const row of takesBytes) {
    const runs = { numRuns: isSlow(row) ? 4 : 25 }

    it(`${row.name} reads a view of a larger buffer within its bounds, and changes nothing in it`, () => {
      const offsets = fc.integer({ min: 0, max: 20 }).map(half => 2 * half + 1)
      fc.assert(
        fc.property(row.inputs, offsets, fc.integer({ min: 1, max: 255 }), (inputs, offset, noise) => {
          const expected = outcome(() => row.call(moved(inputs, input => input.slice())))
          const views = moved(inputs, input => within(input, offset, noise))
          const buffers = views.flatMap(view => (view instanceof Uint8Array ? [new Uint8Array(view.buffer)] : []))
          const before = buffers.map(spelled)
          expect(outcome(() => row.call(views))).to.equal(expected)
          expect(buffers.map(spelled)).to.deep.equal(before)
        }),
        runs,
      )
    })

    it(`${row.name} gives a result that later changes to the input do not reach`, () => {
      fc.assert(
        fc.property(row.inputs, inputs => {
          const own = moved(inputs, input => input.slice())
          const result = row.call(own)
          const before = spelled(result)
          for (const input of own) if (input instanceof Uint8Array) input.fill(0xee)
          expect(spelled(result)).to.equal(before)
        }),
        { numRuns: isSlow(row) ? 2 : 10 },
      )
    })

    it(`${row.name} takes a Buffer, and an array of another realm, as it takes its own`, () => {
      const inputs = fc.sample(row.inputs, { seed: 2, numRuns: 1 })[0]!
      const expected = outcome(() => row.call(inputs))
      expect(expected).not.to.match(/Error/)
      expect(outcome(() => row.call(moved(inputs, input => Buffer.from(input))))).to.equal(expected)
      expect(outcome(() => row.call(moved(inputs, foreign)))).to.equal(expected)
    })
  }
})
