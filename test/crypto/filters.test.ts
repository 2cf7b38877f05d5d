import { readFileSync } from "node:fs"
import { expect } from "chai"
import fc from "fast-check"
import {
  ascii,
  concat,
  cuckooFilter,
  FILTER_HASH_BYTES,
  type Filter,
  filterHash,
  fromHex,
  hex,
  ribbonFilter,
  sha256,
  u32,
} from "../../src/crypto/index.ts"

interface Kind {
  readonly vectors: string
  build(hashes: Uint8Array, fingerprintBits: number): Filter
  parse(input: Uint8Array): Filter | undefined
  /** The probability that a look-up of something else says yes, for n items in a filter of these bytes. */
  falsePositives(n: number, bytes: Uint8Array): number
  /** How many first bytes of y decide where it falls: 600 items that share them have no place. */
  readonly placeBytes: number
}

const KINDS: Record<string, Kind> = {
  cuckoo: {
    vectors: "cuckoo-filter.json",
    build: cuckooFilter.build,
    parse: cuckooFilter.parse,
    falsePositives: (n, bytes) => (2 * n) / (new DataView(bytes.buffer).getUint32(2) * 2 ** bytes[0]!),
    placeBytes: 16,
  },
  ribbon: {
    vectors: "ribbon-filter.json",
    build: ribbonFilter.build,
    parse: ribbonFilter.parse,
    falsePositives: (_, bytes) => 2 ** -bytes[0]!,
    placeBytes: 4,
  },
}

interface Case {
  name: string
  salt: string
  first: number
  count: number
  fingerprintBits: number
  grown: number
  bytes: number
  sha256: string
  filter?: string
  x0: string | null
  y0: string | null
}

const item = (salt: Uint8Array, i: number) => sha256(ascii("vector"), salt, u32(i))
const hash = (label: number, i: number) => sha256(u32(label), u32(i))
const hashes = (label: number, n: number) => concat(...Array.from({ length: n }, (_, i) => hash(label, i)))
const each = (list: Uint8Array) =>
  Array.from({ length: list.length / FILTER_HASH_BYTES }, (_, i) => list.subarray(32 * i, 32 * i + 32))

for (const [name, { vectors, build, parse, falsePositives, placeBytes }] of Object.entries(KINDS))
  describe(`crypto/${name}-filter`, () => {
    const { cases } = JSON.parse(readFileSync(`vectors/${vectors}`, "utf8")) as { cases: Case[] }

    for (const c of cases)
      it(`the second implementation wrote the same bytes: ${c.name}`, () => {
        const salt = fromHex(c.salt)
        const xs = Array.from({ length: c.count }, (_, i) => item(salt, c.first + i))
        const ys = xs.map(x => filterHash(salt, x))
        if (c.x0 !== null) expect([hex(xs[0]!), hex(ys[0]!)]).to.deep.equal([c.x0, c.y0])
        const filter = build(concat(...ys), c.fingerprintBits)
        const bytes = filter.bytes()
        if (c.filter !== undefined) expect(hex(bytes)).to.equal(c.filter)
        expect(bytes.length).to.equal(c.bytes)
        expect(hex(sha256(bytes))).to.equal(c.sha256)
        const read = parse(bytes)!
        for (const y of ys) expect([filter.has(y), read.has(y)]).to.deep.equal([true, true])
      })

    it("the vectors have a filter that had to grow, so that growing is tested", () => {
      expect(cases.some(c => c.grown > 0)).to.equal(true)
    })

    it("every inserted item is found, for any number of items and any fingerprint", () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 3, max: 64 }), fc.nat(), (n, f, label) => {
          const list = hashes(label, n)
          const read = parse(build(list, f).bytes())!
          expect(each(list).every(y => read.has(y))).to.equal(true)
        }),
        { numRuns: 20 },
      )
    })

    it("one set has one form: order and repeats of the items do not matter, and reading gives the same bytes", () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(99_999), { minLength: 1, maxLength: 300 }), fc.nat(), (ids, turn) => {
          const ys = ids.map(id => hash(1, id))
          const turned = [...ys.slice(turn % ys.length), ...ys.slice(0, turn % ys.length)].reverse()
          const bytes = build(concat(...ys), 42).bytes()
          expect(hex(build(concat(...turned, ...ys), 42).bytes())).to.equal(hex(bytes))
          expect(hex(parse(bytes)!.bytes())).to.equal(hex(bytes))
        }),
        { numRuns: 10 },
      )
    })

    it("says yes to what is not in it as often as the arithmetic says (100,000 look-ups, 8-bit fingerprints)", () => {
      const n = 950
      const lookups = 100_000
      const filter = build(hashes(2, n), 8)
      const expected = lookups * falsePositives(n, filter.bytes())
      let yes = 0
      // Four look-ups of one hash: it is turned by a quarter each time.
      for (let i = 0; i < lookups / 4; i++) {
        const y = hash(3, i)
        for (let k = 0; k < 4; k++) {
          if (filter.has(y)) yes++
          y.set(concat(y.subarray(8), y.subarray(0, 8)))
        }
      }
      // Five standard deviations, and one per cent for fingerprints that meet in one bucket.
      expect(Math.abs(yes - expected)).to.be.below(5 * Math.sqrt(expected) + expected / 100)
    })

    it("refuses every cut, every added byte and every changed header byte without throwing", () => {
      const bytes = build(hashes(4, 40), 42).bytes()
      for (let length = 0; length < bytes.length; length++) expect(parse(bytes.subarray(0, length))).to.equal(undefined)
      expect(parse(concat(bytes, Uint8Array.of(0)))).to.equal(undefined)
      for (let i = 0; i < 6; i++)
        for (let bit = 0; bit < 8; bit++) {
          const changed = bytes.slice()
          changed[i]! ^= 1 << bit
          expect(parse(changed), `byte ${i}, bit ${bit}`).to.equal(undefined)
        }
    })

    it("a header that announces gigabytes is refused before anything is allocated", () => {
      const huge = build(hashes(4, 40), 42).bytes()
      huge.set(u32(0x80000000), name === "cuckoo" ? 2 : 3)
      expect(parse(huge)).to.equal(undefined)
    })

    it("hashes that crowd one place end in an error that asks for a new salt, not in an endless construction", () => {
      const crowd = Array.from({ length: 600 }, (_, i) => {
        const y = hash(5, i)
        y.set(hash(6, 0).subarray(0, placeBytes))
        return y
      })
      expect(() => build(concat(...crowd), 42)).to.throw(RangeError, "draw a new salt")
    })

    it("names the argument that does not fit", () => {
      expect(() => build(new Uint8Array(33), 42)).to.throw(
        RangeError,
        "hashes: expected a multiple of 32 bytes, got 33",
      )
      for (const f of [0, 65, 4.5, Number.NaN])
        expect(() => build(new Uint8Array(32), f)).to.throw(RangeError, `fingerprintBits: expected 1 to 64, got ${f}`)
      expect(() => build("x" as unknown as Uint8Array, 42)).to.throw(TypeError, "hashes: expected a Uint8Array")
      expect(() => build(hashes(1, 1), 42).has(new Uint8Array(31))).to.throw(RangeError, "y: expected 32 bytes, got 31")
    })
  })

describe("crypto/filter", () => {
  it("a cuckoo filter whose spare bits are not 0 has a second form, and is refused", () => {
    const bytes = cuckooFilter.build(hashes(1, 1), 45).bytes()
    expect(cuckooFilter.parse(bytes)).to.not.equal(undefined)
    bytes[bytes.length - 1]! |= 0x80
    expect(cuckooFilter.parse(bytes)).to.equal(undefined)
  })

  it("a ribbon filter of fewer than 256 cells, or of cells that fill no whole bytes, is refused", () => {
    const header = (cells: number) => concat(Uint8Array.of(8, 1, 0), u32(cells), new Uint8Array(cells))
    expect(ribbonFilter.parse(header(264))).to.not.equal(undefined)
    for (const cells of [248, 260]) expect(ribbonFilter.parse(header(cells)), String(cells)).to.equal(undefined)
  })

  it("another salt gives another hash, so that nobody can choose where an item falls before the salt is drawn", () => {
    const x = new Uint8Array(32)
    expect(hex(filterHash(new Uint8Array(16), x))).to.not.equal(hex(filterHash(new Uint8Array(16).fill(1), x)))
  })

  it("a patient of 480 epochs takes less than the white paper's 2,880 bytes at 2^-42", () => {
    for (const patients of [1, 20, 100]) {
      const list = hashes(7, patients * 480)
      expect(ribbonFilter.build(list, 42).bytes().length / patients).to.be.below(2_600)
    }
  })
})
