import { deflateRawSync } from "node:zlib"
import { expect } from "chai"
import fc from "fast-check"
import { concat, ecdsa } from "../../src/crypto/index.ts"
import {
  decodeExport,
  EXPORT_HEADER,
  EXPORT_LIMITS,
  ExportError,
  type ExportErrorCode,
  readExport,
  type TrustedKey,
  verifyExport,
} from "../../src/protocol/export.ts"
import { PUBLIC_KEY, refusal, signer, someZip, TRUSTED, zipOf } from "./archives.ts"

const { bin, signatures } = readExport("good.zip", someZip())
const good = signatures[0]!.signature

/** A length-delimited field, a varint field. */
const field = (number: number, value: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(Uint8Array.of(number * 8 + 2), length(value.length), value)
const length = (n: number): Uint8Array => (n < 128 ? Uint8Array.of(n) : Uint8Array.of((n % 128) | 128, n >> 7))
const number = (id: number, value: Uint8Array): Uint8Array<ArrayBuffer> => concat(Uint8Array.of(id * 8), value)
const text = (value: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(value))
const stamp = (id: number, seconds: number): Uint8Array => {
  const out = new Uint8Array(9)
  out[0] = id * 8 + 1
  new DataView(out.buffer).setBigUint64(1, BigInt(seconds), true)
  return out
}

const info = concat(field(3, text("v1")), field(4, text("222")))
const sigOf = (signature: Uint8Array, inside = info): Uint8Array<ArrayBuffer> =>
  field(1, concat(field(1, inside), field(4, signature)))
const binOf = (...fields: Uint8Array[]): Uint8Array => concat(EXPORT_HEADER, stamp(1, 100), stamp(2, 200), ...fields)
const keyOf = (tekBytes: number, ...fields: Uint8Array[]): Uint8Array =>
  field(7, concat(field(1, new Uint8Array(tekBytes)), ...fields))
const START = number(3, Uint8Array.of(1))
const archiveOf = (exportBin: Uint8Array, exportSig: Uint8Array): Uint8Array =>
  zipOf([
    { name: "export.bin", data: exportBin },
    { name: "export.sig", data: exportSig },
  ])

interface Refusal {
  readonly what: string
  readonly zip: () => Uint8Array
  readonly code: ExportErrorCode
  readonly field: string
  readonly trusted?: TrustedKey
}

const both = (name: string, data: Uint8Array) => [
  { name: "export.bin", data: bin },
  { name, data },
]
const key0 = "export.bin.keys[0]"
const signature0 = "export.sig.signatures[0].signature"

const REFUSED: readonly Refusal[] = [
  { what: "an empty file", zip: () => new Uint8Array(), code: "not-a-zip", field: "zip" },
  { what: "something else", zip: () => text("<html>404</html>".repeat(9)), code: "not-a-zip", field: "zip" },
  { what: "a download cut off", zip: () => someZip().subarray(0, 400), code: "truncated", field: "zip" },
  {
    what: "a file larger than any export",
    zip: () => new Uint8Array(EXPORT_LIMITS.packedBytes + 1),
    code: "too-large",
    field: "zip",
  },
  {
    what: "an archive without export.sig",
    zip: () => zipOf([{ name: "export.bin", data: bin }]),
    code: "member-missing",
    field: "export.sig",
  },
  {
    what: "an archive without anything",
    zip: () => zipOf([]),
    code: "member-missing",
    field: "export.bin",
  },
  {
    what: "export.sig under another name",
    zip: () => zipOf(both("Export.sig", sigOf(good))),
    code: "member-name",
    field: "export.sig",
  },
  {
    what: "export.bin in a folder",
    zip: () =>
      zipOf([
        { name: "a/export.bin", data: bin },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "member-name",
    field: "export.bin",
  },
  {
    what: "two members of one name",
    zip: () => zipOf([...both("export.sig", sigOf(good)), { name: "export.bin", data: bin }]),
    code: "member-repeated",
    field: "export.bin",
  },
  {
    what: "an encrypted member",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { flags: 1 } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "zip-unsupported",
    field: "export.bin",
  },
  {
    what: "a compression method that phones never had",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { method: 93 } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "zip-unsupported",
    field: "export.bin",
  },
  {
    what: "a wrong checksum",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { crc: 1 } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "zip-damaged",
    field: "export.bin",
  },
  {
    what: "a member whose two headers disagree about its name",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { name: "export.bim" } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "zip-damaged",
    field: "export.bin",
  },
  {
    what: "a member that is not where the directory says",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { local: 7 } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "zip-damaged",
    field: "export.bin",
  },
  {
    what: "a member shorter than declared",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { unpacked: bin.length + 1 } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "zip-damaged",
    field: "export.bin",
  },
  {
    what: "a zip bomb that says how large it is",
    zip: () =>
      zipOf([
        { name: "export.bin", data: bin, claims: { unpacked: 2 ** 31 } },
        { name: "export.sig", data: sigOf(good) },
      ]),
    code: "too-large",
    field: "export.bin",
  },
  {
    what: "a zip bomb that lies about how large it is",
    zip: () =>
      zipOf(
        [
          { name: "export.bin", data: new Uint8Array(20_000_000), claims: { unpacked: 1000 } },
          { name: "export.sig", data: sigOf(good) },
        ],
        data => deflateRawSync(data),
      ),
    code: "too-large",
    field: "export.bin",
  },
  {
    what: "an export.sig of megabytes",
    zip: () => zipOf(both("export.sig", new Uint8Array(70_000))),
    code: "too-large",
    field: "export.sig",
  },
  {
    what: "another header",
    zip: () => archiveOf(text("EK Export v2    "), sigOf(good)),
    code: "header",
    field: "export.bin.header",
  },
  {
    what: "an export.bin shorter than its header",
    zip: () => archiveOf(text("EK Export"), sigOf(good)),
    code: "truncated",
    field: "export.bin.header",
  },
  {
    what: "an export.bin that ends inside a key",
    zip: () => archiveOf(binOf(keyOf(16, START)).slice(0, -3), sigOf(good)),
    code: "truncated",
    field: "export.bin.field 7",
  },
  {
    what: "an export.bin that ends inside a number",
    zip: () => archiveOf(binOf(number(4, Uint8Array.of(0x80))), sigOf(good)),
    code: "truncated",
    field: "export.bin",
  },
  {
    what: "a number of eleven bytes",
    zip: () => archiveOf(binOf(number(4, new Uint8Array(11).fill(0x80))), sigOf(good)),
    code: "protobuf",
    field: "export.bin",
  },
  {
    what: "a wire type that no longer exists",
    zip: () => archiveOf(binOf(Uint8Array.of(9 * 8 + 3)), sigOf(good)),
    code: "protobuf",
    field: "export.bin",
  },
  {
    what: "field number 0",
    zip: () => archiveOf(binOf(Uint8Array.of(0, 1)), sigOf(good)),
    code: "protobuf",
    field: "export.bin",
  },
  {
    what: "a TEK that reaches into the next key",
    zip: () => archiveOf(binOf(field(7, concat(START, Uint8Array.of(10, 16, 1, 2, 3))), keyOf(16, START)), sigOf(good)),
    code: "truncated",
    field: `${key0}.key_data`,
  },
  {
    what: "keys that are numbers",
    zip: () => archiveOf(binOf(number(7, Uint8Array.of(1))), sigOf(good)),
    code: "protobuf",
    field: "export.bin.keys",
  },
  ...[0, 15, 17, 53, 96].map(
    (bytes): Refusal => ({
      what: `a key of ${bytes} bytes`,
      zip: () => archiveOf(binOf(keyOf(bytes, START)), sigOf(good)),
      code: "key-length",
      field: `${key0}.key_data`,
    }),
  ),
  ...[Uint8Array.of(0), Uint8Array.of(145, 1), Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1)].map(
    (value): Refusal => ({
      what: `a rolling period of ${value.length === 1 ? 0 : value.length === 2 ? 145 : -1}`,
      zip: () => archiveOf(binOf(keyOf(16, START), keyOf(16, START, number(4, value))), sigOf(good)),
      code: "rolling-period",
      field: "export.bin.keys[1].rolling_period",
    }),
  ),
  {
    what: "a key without a start",
    zip: () => archiveOf(binOf(keyOf(16)), sigOf(good)),
    code: "rolling-start",
    field: `${key0}.rolling_start_interval_number`,
  },
  {
    what: "a transmission risk of 9",
    zip: () => archiveOf(binOf(keyOf(16, START, number(2, Uint8Array.of(9)))), sigOf(good)),
    code: "transmission-risk",
    field: `${key0}.transmission_risk_level`,
  },
  {
    what: "an onset of a hundred years ago",
    zip: () => archiveOf(binOf(keyOf(16, START, number(6, Uint8Array.of(128, 128, 8)))), sigOf(good)),
    code: "days-since-onset",
    field: `${key0}.days_since_onset_of_symptoms`,
  },
  {
    what: "a file without times",
    zip: () => archiveOf(EXPORT_HEADER, sigOf(good)),
    code: "timestamps",
    field: "export.bin.start_timestamp",
  },
  {
    what: "times in milliseconds",
    zip: () => archiveOf(concat(EXPORT_HEADER, stamp(1, 1_600_000_000_000), stamp(2, 1_600_000_000_000)), sigOf(good)),
    code: "timestamps",
    field: "export.bin.start_timestamp",
  },
  {
    what: "an end before the start",
    zip: () => archiveOf(concat(EXPORT_HEADER, stamp(1, 200), stamp(2, 100)), sigOf(good)),
    code: "timestamps",
    field: "export.bin.end_timestamp",
  },
  {
    what: "eleven signatures",
    zip: () => archiveOf(bin, concat(...Array.from({ length: 11 }, () => sigOf(good)))),
    code: "too-large",
    field: "export.sig.signatures",
  },
  {
    what: "no signature",
    zip: () => archiveOf(bin, new Uint8Array()),
    code: "unsigned",
    field: "export.sig.signatures",
  },
  {
    what: "a key id that nobody trusts",
    zip: () => archiveOf(bin, sigOf(good, field(4, text("310")))),
    code: "unknown-key",
    field: "export.sig.signatures",
  },
  {
    what: "a key version that nobody trusts",
    zip: () => archiveOf(bin, sigOf(good, concat(field(3, text("v2")), field(4, text("222"))))),
    code: "unknown-key",
    field: "export.sig.signatures",
  },
  {
    what: "a raw signature of 64 bytes",
    zip: () => archiveOf(bin, sigOf(new Uint8Array(64).fill(5))),
    code: "signature-encoding",
    field: signature0,
  },
  {
    what: "a signature with a byte behind it",
    zip: () => archiveOf(bin, sigOf(concat(good, Uint8Array.of(0)))),
    code: "signature-encoding",
    field: signature0,
  },
  {
    what: "the signature of another file",
    zip: () => archiveOf(bin, sigOf(signer("222").sign(new Uint8Array(9)))),
    code: "signature-invalid",
    field: signature0,
  },
  {
    what: "a signature by another key under a trusted name",
    zip: () => archiveOf(bin, sigOf(signer("222", new Uint8Array(32).fill(9)).sign(bin))),
    code: "signature-invalid",
    field: signature0,
  },
  {
    what: "a signature of zeros in good form",
    zip: () => archiveOf(bin, sigOf(Uint8Array.of(0x30, 6, 2, 1, 0, 2, 1, 0))),
    code: "signature-invalid",
    field: signature0,
  },
]

describe("protocol/export refuses", () => {
  for (const { what, zip, code, field } of REFUSED)
    it(`${what}: ${code}, naming the file and ${field}`, () => {
      const refused = refusal(() => verifyExport(readExport("bad.zip", zip()), [TRUSTED]))
      expect(refused).to.deep.equal({ code, file: "bad.zip", field })
    })

  it("nothing, when the same pieces are good: the cases above fail for what they say", () => {
    expect(verifyExport(readExport("x", archiveOf(bin, sigOf(good))), [TRUSTED]).info.keyId).to.equal("222")
    expect(decodeExport("x", binOf(keyOf(16, START))).keys.length).to.equal(1)
    const deflated = zipOf(both("export.sig", sigOf(good)), data => deflateRawSync(data))
    expect(readExport("x", deflated).keys.length).to.equal(10)
  })

  it("any one flipped bit of a signed archive: it is refused, or the bit is one that nothing reads", () => {
    const zip = someZip()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: zip.length * 8 - 1 }), bit => {
        const flipped = zip.slice()
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        try {
          const read = readExport("x", flipped)
          verifyExport(read, [TRUSTED])
          expect(Buffer.compare(read.bin, bin)).to.equal(0)
        } catch (error) {
          if (!(error instanceof ExportError)) throw error
        }
      }),
      { numRuns: 400 },
    )
  })

  it("one flipped bit anywhere in export.bin, always", () => {
    for (let bit = 0; bit < bin.length * 8; bit += 29) {
      const flipped = bin.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const zip = archiveOf(flipped, sigOf(good))
      expect(() => verifyExport(readExport("x", zip), [TRUSTED])).to.throw(ExportError)
    }
  })

  it("any bytes at all, by an ExportError and nothing else", () => {
    const attempt = (work: () => unknown) => {
      try {
        work()
      } catch (error) {
        expect(error).to.be.instanceOf(ExportError)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), noise => {
        attempt(() => readExport("x", noise))
        attempt(() => decodeExport("x", concat(EXPORT_HEADER, noise)))
        attempt(() => verifyExport(readExport("x", archiveOf(bin, noise)), [TRUSTED]))
        attempt(() => verifyExport(readExport("x", archiveOf(bin, sigOf(noise))), [{ publicKey: PUBLIC_KEY }]))
      }),
      { numRuns: 300 },
    )
  })

  it("a trusted key that is no point: as the caller's mistake", () => {
    const archive = readExport("x", someZip())
    expect(() => verifyExport(archive, [{ publicKey: new Uint8Array(33) }])).to.throw(
      RangeError,
      "publicKey: expected 65",
    )
    expect(ecdsa.publicKeyFromPem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")).to.equal(undefined)
  })
})
