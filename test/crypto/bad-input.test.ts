import { expect } from "chai"
import fc from "fast-check"
import { exported, type Row, surface } from "./surface.ts"

/** What is no byte array, number or string, or not the one that was asked for, with the word for it. */
const strangers: readonly [unknown, string][] = [
  [undefined, "undefined"],
  [null, "null"],
  [true, "boolean"],
  [7n, "bigint"],
  [[1, 2, 3], "Array"],
  [{}, "Object"],
  [new ArrayBuffer(32), "ArrayBuffer"],
  [new DataView(new ArrayBuffer(32)), "DataView"],
  [new Uint16Array(16), "Uint16Array"],
]
const numbers: readonly [unknown, string][] = [[32, "number"]]
const texts: readonly [unknown, string][] = [["00".repeat(16), "string"]]
const arrays: readonly [unknown, string][] = [[new Uint8Array(32), "Uint8Array"]]

// What a function takes as "not given" is not bad input: its default stands in.
const optional = new Set(["epochMinutes", "windowMinutes", "epochsPerDay", "count"])

const samples = new Map<Row, readonly unknown[]>()

/** Good arguments of a function, the same every time. */
function sample(row: Row): readonly unknown[] {
  const known = samples.get(row) ?? fc.sample(row.inputs, { seed: 1, numRuns: 1 })[0]!
  samples.set(row, known)
  return known
}

/** The error of a call whose argument at `place` is `input`; undefined where there is none. */
function errorOf(row: Row, place: number, input: unknown): Error | undefined {
  try {
    row.call(sample(row).map((good, i) => (i === place ? input : good)))
    return undefined
  } catch (error) {
    return error as Error
  }
}

function expectError(row: Row, place: number, input: unknown, kind: typeof Error, message: string): void {
  const error = errorOf(row, place, input)
  expect(error, `${row.name}, argument ${place}: ${message}`).to.be.instanceOf(kind)
  expect(error!.message).to.equal(message)
}

// Bytes that no path, word or line number of a message spells by chance.
const secret = Uint8Array.from({ length: 31 }, (_, i) => 0xd7 + ((i * 11) % 37))

/** How a message could spell three neighbouring bytes of the secret. */
const spellings: readonly string[] = Array.from({ length: secret.length - 2 }, (_, i) => {
  const part = Buffer.from(secret.subarray(i, i + 3))
  return [
    part.toString("hex"),
    part.toString("hex").toUpperCase(),
    part.toString("latin1"),
    part.toString("base64"),
    ...[",", ", ", " "].map(separator => [...part].join(separator)),
  ]
}).flat()

describe("crypto: bad input", () => {
  it("the table names every public function, and nothing else", () => {
    expect(surface.map(({ name }) => name).sort()).to.deep.equal([...exported].sort())
  })

  for (const row of surface.filter(({ args }) => args.length > 0))
    it(`${row.name} names the argument, what it expects and what it got`, () => {
      row.args.forEach((argument, place) => {
        const { name } = argument
        const [expected, others] = {
          bytes: ["a Uint8Array", [...strangers, ...numbers, ...texts]] as const,
          number: ["a number", [...strangers, ...arrays, ...texts]] as const,
          text: ["a string", [...strangers, ...arrays, ...numbers]] as const,
        }[argument.kind]
        for (const [input, what] of others)
          if (!(input === undefined && optional.has(name)))
            expectError(row, place, input, TypeError, `${name}: expected ${expected}, got ${what}`)
        if (argument.length !== undefined)
          for (const length of [0, argument.length - 1, argument.length + 1, 2 * argument.length])
            expectError(
              row,
              place,
              new Uint8Array(length),
              RangeError,
              `${name}: expected ${argument.length} bytes, got ${length}`,
            )
        for (const value of argument.bad ?? []) {
          const error = errorOf(row, place, value)
          const kind = name === "unix time" && !Number.isFinite(value) ? TypeError : RangeError
          expect(error, `${row.name}: ${name} ${value}`).to.be.instanceOf(kind)
          expect(error!.message).to.match(
            new RegExp(`^${name}: expected .*, got ${value}(; are these milliseconds\\?)?$`),
          )
        }
      })
    })

  it("no error repeats a secret, whatever form it comes in and whichever argument it stands for", () => {
    const forms: unknown[] = [
      secret,
      Buffer.from(secret),
      secret.subarray(0, 13),
      [...secret],
      new Uint16Array(secret),
      new DataView(secret.slice().buffer),
      { secret: [...secret] },
      Buffer.from(secret).toString("hex"),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("latin1"),
      [...secret].join(","),
    ]
    let errors = 0
    for (const row of surface)
      for (const place of row.args.keys())
        for (const form of forms) {
          const error = errorOf(row, place, form)
          if (error === undefined) continue
          errors++
          const said = [error.message, error.stack, String(error.cause), JSON.stringify(error)].join("\n")
          expect(
            spellings.find(spelling => said.includes(spelling)),
            `${row.name}, argument ${place}: ${said}`,
          ).to.equal(undefined)
        }
    expect(errors).to.be.greaterThan(600)
  })
})
