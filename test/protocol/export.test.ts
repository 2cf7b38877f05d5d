import { spawnSync } from "node:child_process"
import { createPublicKey, verify } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import fc from "fast-check"
import { unzipSync } from "fflate"
import protobuf from "protobufjs"
import { concat, ecdsa, hex } from "../../src/crypto/index.ts"
import {
  decodeExport,
  drawExportPadding,
  EXPORT_HEADER,
  EXPORT_PADDING,
  type ExportKey,
  encodeExport,
  importExports,
  KeyTable,
  REPORT_TYPES,
  readExport,
  verifyExport,
  writeExport,
} from "../../src/protocol/export.ts"
import { key, PUBLIC_KEY, refusal, SECRET, seeded, signer, someZip, TRUSTED } from "./archives.ts"

const keys: fc.Arbitrary<ExportKey> = fc
  .record(
    {
      tek: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      rollingStart: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      rollingPeriod: fc.integer({ min: 1, max: 144 }),
      transmissionRisk: fc.integer({ min: 0, max: 8 }),
      reportType: fc.constantFrom(...REPORT_TYPES),
      daysSinceOnset: fc.integer({ min: -32_767, max: 32_767 }),
    },
    { requiredKeys: ["tek", "rollingStart", "rollingPeriod"] },
  )
  .map(drawn => ({ ...drawn, tek: new Uint8Array(drawn.tek) }))

const rows = (table: KeyTable) => Array.from({ length: table.length }, (_, row) => table.row(row))
const plan = (table: KeyTable) => ({
  keys: table,
  start: 1_600_000_000,
  end: 1_600_007_200,
  region: "222",
  signers: [signer("222")],
})

describe("protocol/export", () => {
  it("what is encoded comes back from decoding, for any keys", () => {
    fc.assert(
      fc.property(fc.array(keys), fc.array(keys, { maxLength: 3 }), (list, revised) => {
        const content = {
          start: 1,
          end: 4_294_967_295,
          region: "NL",
          batchNumber: 2,
          batchSize: 3,
          signatureInfos: [signer("204").info],
          keys: KeyTable.from(list),
          revisedKeys: KeyTable.from(revised),
        }
        const { keys, revisedKeys, ...rest } = decodeExport("x", encodeExport(content))
        expect(rows(keys)).to.deep.equal(list)
        expect(rows(revisedKeys)).to.deep.equal(revised)
        expect({ ...rest, keys: 0, revisedKeys: 0 }).to.deep.equal({ ...content, keys: 0, revisedKeys: 0 })
      }),
      { numRuns: 60 },
    )
  })

  it("another implementation of protocol buffers reads the same from the published field list, and writes what we read", async () => {
    const root = await protobuf.load("docs/specification/gaen-export.proto")
    const Message = root.lookupType("lindung.gaen.TemporaryExposureKeyExport")
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const content = {
          start: 1_600_000_000,
          end: 1_600_007_200,
          region: "NL",
          batchNumber: 1,
          batchSize: 1,
          signatureInfos: [signer("204").info],
          keys: KeyTable.from([a]),
          revisedKeys: KeyTable.from([b]),
        }
        const bin = encodeExport(content)
        const message = Message.decode(bin.subarray(16))
        const plain = Message.toObject(message, { longs: Number, enums: Number }) as {
          keys: Record<string, unknown>[]
          endTimestamp: number
        }
        expect(plain.endTimestamp).to.equal(content.end)
        expect(hex(plain.keys[0]!["keyData"] as Uint8Array)).to.equal(hex(a.tek))
        expect(plain.keys[0]!["rollingStartIntervalNumber"]).to.equal(a.rollingStart)
        expect(plain.keys[0]!["daysSinceOnsetOfSymptoms"]).to.equal(a.daysSinceOnset)
        const theirs = Uint8Array.from([...bin.subarray(0, 16), ...Message.encode(message).finish()])
        expect(hex(theirs)).to.equal(hex(bin))
        expect(rows(decodeExport("x", theirs).revisedKeys)).to.deep.equal([b])
      }),
      { numRuns: 40 },
    )
  })

  it("the default period of a key that has none is 144, and a report type from the future is unknown", () => {
    // 7: { 1: 16 bytes, 3: 1, 5: 9 }, between two timestamps.
    const stamps = "090000000000000000110000000000000000"
    const message = Buffer.from(`${stamps}3a160a10${"00".repeat(16)}18012809`, "hex")
    const read = decodeExport("x", concat(EXPORT_HEADER, message))
    expect(rows(read.keys)).to.deep.equal([
      { tek: new Uint8Array(16), rollingStart: 1, rollingPeriod: 144, reportType: "unknown" },
    ])
  })

  it("the same plan gives the same bytes, whatever the order of the keys and however often one is there", () => {
    const list = Array.from({ length: 30 }, (_, i) => key(i))
    const [once] = writeExport(plan(KeyTable.from(list)))
    const [again] = writeExport(plan(KeyTable.from([...list].reverse().concat(list.slice(0, 9)))))
    expect(hex(again!)).to.equal(hex(once!))
  })

  it("the time zone of the machine does not enter the bytes", () => {
    const script = `import("${new URL("archives.js", import.meta.url)}").then(a => console.log(Buffer.from(a.someZip()).toString("hex")))`
    const made = ["Pacific/Kiritimati", "America/Los_Angeles"].map(
      TZ => spawnSync(process.execPath, ["-e", script], { env: { ...process.env, TZ }, encoding: "utf8" }).stdout,
    )
    expect(made[0]).to.equal(made[1])
    expect(made[0]!.trim()).to.equal(hex(someZip()))
  })

  it("an export is split evenly at the limit: every file is as large as the others, says 1/1 and has its own end", () => {
    const all = KeyTable.from(Array.from({ length: 103 }, (_, i) => key(i)))
    const revisedKeys = KeyTable.from(Array.from({ length: 5 }, (_, i) => key(1000 + i, { reportType: "revoked" })))
    const archives = writeExport({ ...plan(all), revisedKeys, maxKeysPerFile: 25 }).map((zip, i) =>
      readExport(String(i), zip),
    )
    expect(archives.map(({ keys, revisedKeys }) => keys.length + revisedKeys.length)).to.deep.equal([
      22, 22, 22, 21, 21,
    ])
    expect(archives.map(({ end }) => end - 1_600_007_200)).to.deep.equal([0, 1, 2, 3, 4])
    expect(archives.every(({ batchNumber, batchSize }) => batchNumber === 1 && batchSize === 1)).to.equal(true)
    expect(new Set(archives.flatMap(({ keys }) => rows(keys).map(({ tek }) => hex(tek)))).size).to.equal(103)
    for (const archive of archives) verifyExport(archive, [TRUSTED])
  })

  it("no file has more than the limit, whatever the two lists leave over", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 9 }), (n, r, maxKeysPerFile) => {
        const table = (from: number, count: number) =>
          KeyTable.from(Array.from({ length: count }, (_, i) => key(from + i)))
        const content = { ...plan(table(0, n)), revisedKeys: table(100, r), maxKeysPerFile }
        const unsigned = { ...content, signers: [{ ...signer("222"), sign: () => new Uint8Array(8) }] }
        const sizes = writeExport(unsigned).map(zip => {
          const { keys, revisedKeys } = readExport("x", zip)
          return keys.length + revisedKeys.length
        })
        expect(Math.max(...sizes)).to.be.at.most(maxKeysPerFile)
        expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1)
        expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(n + r)
      }),
      { numRuns: 40 },
    )
  })

  it("an export without keys is one signed file", () => {
    const zips = writeExport(plan(new KeyTable(0)))
    expect(zips.length).to.equal(1)
    const archive = readExport("empty", zips[0]!)
    expect([archive.keys.length, verifyExport(archive, [TRUSTED]).info.keyId]).to.deep.equal([0, "222"])
  })

  it("several keys may sign, and each signature stands by itself", () => {
    const other = new Uint8Array(32).fill(8)
    const [zip] = writeExport({ ...plan(KeyTable.from([key(1)])), signers: [signer("262", other), signer("222")] })
    const archive = readExport("two", zip!)
    expect(verifyExport(archive, [TRUSTED]).info.keyId).to.equal("222")
    expect(verifyExport(archive, [{ publicKey: ecdsa.ecdsaP256.publicKey(other) }]).info.keyId).to.equal("262")
    expect(refusal(() => verifyExport(archive, [{ publicKey: PUBLIC_KEY, keyId: "262" }])).code).to.equal(
      "signature-invalid",
    )
  })

  it("node:crypto and the portable curve agree about a signature", () => {
    const { bin, signatures } = readExport("x", someZip())
    const pem = createPublicKey(ecdsa.publicKeyToPem(PUBLIC_KEY))
    expect(verify("sha256", bin, pem, signatures[0]!.signature)).to.equal(true)
    const curve = {
      ...ecdsa.ecdsaP256,
      verify: (message: Uint8Array, signature: Uint8Array) => verify("sha256", message, pem, signature),
    }
    expect(verifyExport(readExport("x", someZip()), [TRUSTED], curve).info.keyId).to.equal("222")
  })

  it("openssl verifies what the writer signed, and not one flipped bit of it", function () {
    if (spawnSync("openssl", ["version"]).status !== 0) {
      console.log("      skipped: openssl is not installed")
      this.skip()
    }
    const folder = mkdtempSync(join(tmpdir(), "lindung-"))
    try {
      const { bin, signatures } = readExport("x", someZip())
      const members = unzipSync(someZip())
      expect(hex(members["export.bin"]!)).to.equal(hex(bin))
      writeFileSync(join(folder, "key.pem"), ecdsa.publicKeyToPem(PUBLIC_KEY))
      writeFileSync(join(folder, "sig"), signatures[0]!.signature)
      const openssl = (message: Uint8Array) => {
        writeFileSync(join(folder, "bin"), message)
        const args = ["dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "bin"]
        return spawnSync("openssl", args, { cwd: folder }).status
      }
      expect(openssl(bin)).to.equal(0)
      const flipped = bin.slice()
      flipped[100]! ^= 1
      expect(openssl(flipped)).to.equal(1)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("of the files of a sync, the good are taken whole and the bad are named", () => {
    const zip = someZip()
    const { accepted, refused } = importExports(
      [
        { file: "a.zip", zip },
        { file: "b.zip", zip: zip.subarray(0, 200) },
        { file: "c.zip", zip: new Uint8Array(10) },
        { file: "d.zip", zip },
      ],
      [TRUSTED],
    )
    expect(accepted.map(({ file, keys }) => [file, keys.length])).to.deep.equal([
      ["a.zip", 10],
      ["d.zip", 10],
    ])
    expect(refused.map(({ file, code, kind }) => [file, code, kind])).to.deep.equal([
      ["b.zip", "truncated", "format"],
      ["c.zip", "not-a-zip", "format"],
    ])
  })

  it("a file that would have fewer keys than asked for is not written", () => {
    expect(() => writeExport({ ...plan(KeyTable.from([key(1)])), minKeysPerFile: 2 })).to.throw(
      RangeError,
      "file 1 of 1 would have 1, at least 2",
    )
  })

  it("padding is whole reports that end when they were made, and is drawn once: writing twice gives one file", () => {
    const reported = { from: 1_600_000_000, to: 1_600_007_200 }
    const padding = drawExportPadding(500, EXPORT_PADDING, reported, seeded("padding"))
    const made = rows(padding)
    for (const { rollingStart, rollingPeriod, daysSinceOnset } of made) {
      expect(rollingStart % 144).to.equal(0)
      const end = (rollingStart + rollingPeriod) * 600
      if (rollingPeriod < 144) expect(end).to.be.within(reported.from, reported.to + 600)
      expect(end).to.be.at.most(reported.to + 600)
      expect(daysSinceOnset).to.be.within(-13, 8)
    }
    expect(new Set(made.map(({ tek }) => hex(tek))).size).to.equal(500)
    const real = KeyTable.from([key(1), key(2)])
    const stored = real.concat(padding)
    const zips = writeExport({ ...plan(stored), minKeysPerFile: 500 })
    expect(hex(writeExport({ ...plan(stored), minKeysPerFile: 500 })[0]!)).to.equal(hex(zips[0]!))
  })

  it("a repeated key is one key: TEK, start and period decide", () => {
    const table = KeyTable.from([key(1), key(2), key(1), key(1, { transmissionRisk: 3 }), key(1, { rollingPeriod: 9 })])
    expect(Array.from(table.distinct(), row => table.row(row).rollingPeriod).sort()).to.deep.equal([144, 144, 9])
  })

  it("names the argument that a caller got wrong", () => {
    const set = (more: Partial<ExportKey>) => () => KeyTable.from([key(1, more)])
    expect(set({ tek: new Uint8Array(15) })).to.throw(RangeError, "tek: expected 16 bytes, got 15")
    expect(set({ rollingPeriod: 0 })).to.throw(RangeError, "rollingPeriod: expected 1 to 144, got 0")
    expect(set({ rollingPeriod: 145 })).to.throw(RangeError, "rollingPeriod")
    expect(set({ rollingStart: 2 ** 31 })).to.throw(RangeError, "rollingStart: expected an int32")
    expect(set({ transmissionRisk: 9 })).to.throw(RangeError, "transmissionRisk: expected 0 to 8, got 9")
    expect(set({ daysSinceOnset: 0.5 })).to.throw(RangeError, "daysSinceOnset")
    expect(set({ reportType: "ill" as "unknown" })).to.throw(RangeError, "reportType")
    const some = plan(KeyTable.from([key(1)]))
    expect(() => writeExport({ ...some, signers: [] })).to.throw(RangeError, "signers: expected at least one")
    expect(() => writeExport({ ...some, signers: [signer("a b")] })).to.throw(RangeError, "keyId: expected 1 to 64")
    expect(() => writeExport({ ...some, end: 1 })).to.throw(RangeError, "end: expected 1600000000 or later, got 1")
    expect(() => writeExport({ ...some, start: 0.5 })).to.throw(RangeError, "start: expected whole unix seconds")
    expect(() => writeExport({ ...some, maxKeysPerFile: 0 })).to.throw(RangeError, "maxKeysPerFile")
    expect(() => verifyExport(readExport("x", someZip()), [])).to.throw(
      RangeError,
      "trusted: expected at least one key",
    )
    expect(hex(ecdsa.ecdsaP256.publicKey(SECRET))).to.equal(hex(PUBLIC_KEY))
  })
})
