import { readFileSync } from "node:fs"
import { expect } from "chai"
import { hex } from "../../src/crypto/index.ts"
import { decodeExport, ExportError, encodeExport, readExport, verifyExport } from "../../src/protocol/export.ts"
import { archive, DATA, haveArchives, operatorKey, refusal, zipsIn } from "./archives.ts"

const NL = "nl-coronamelder-204-v12-RECOVERED"
const SIGNED: Record<string, string> = {
  nl: NL,
  "de-dev": "de-cwa-dev-262-v1",
  "google-sample": "google-sample-310-v1",
  "google-server": "google-server-example",
}

const NEGATIVE: Record<string, [code: string, field: string]> = {
  "export-incorrect-sig.zip": ["signature-encoding", "export.sig.signatures[0].signature"],
  "export-no-sig.zip": ["signature-encoding", "export.sig.signatures[0].signature"],
  "immuni-corrupt.zip": ["member-name", "export.bin"],
  "immuni-empty.zip": ["signature-encoding", "export.sig.signatures[0].signature"],
  "immuni-legit.zip": ["key-length", "export.bin.keys[0].key_data"],
  "immuni-wrong_filename.zip": ["member-name", "export.bin"],
  "nl-backend-53byte-key.zip": ["key-length", "export.bin.keys[0].key_data"],
}

describe("protocol/export on the archives that countries published", () => {
  before(function () {
    if (haveArchives) return
    console.log(`      skipped: no archives in ${DATA}; docs/gaen-export.md says where they come from`)
    this.skip()
  })

  for (const [folder, name] of Object.entries(SIGNED))
    it(`every archive of ${folder} verifies with its key, and fails with one flipped bit`, () => {
      const trusted = [operatorKey(name)]
      const files = zipsIn(folder)
      expect(files.length).to.be.above(0)
      for (const file of files) {
        const read = readExport(file, archive(file))
        expect(verifyExport(read, trusted).info.algorithm, file).to.equal("1.2.840.10045.4.3.2")
        const flipped = read.bin.slice()
        flipped[Math.floor(flipped.length / 2)]! ^= 1
        expect(() => verifyExport({ ...read, bin: flipped }, trusted), file).to.throw(ExportError, "signature-invalid")
      }
    })

  it("everything in negative is refused with the right code", () => {
    const trusted = [operatorKey(NL)]
    const files = zipsIn("negative").map(file => file.slice("negative/".length))
    expect(files).to.have.members(Object.keys(NEGATIVE))
    for (const file of files) {
      const refused = refusal(() => verifyExport(readExport(file, archive(`negative/${file}`)), trusted))
      expect(refused).to.deep.equal({ code: NEGATIVE[file]![0], file, field: NEGATIVE[file]![1] })
    }
  })

  it("what naive readers get wrong is there: repeats, keys valid beyond the end, odd starts, old keys", () => {
    const all = zipsIn("nl").map(file => readExport(file, archive(file)))
    const count = (test: (read: (typeof all)[0], row: number) => boolean) =>
      all.reduce(
        (n, read) =>
          n + Array.from({ length: read.keys.length }, (_, row) => row).filter(row => test(read, row)).length,
        0,
      )
    expect(all.reduce((n, { keys }) => n + keys.length, 0)).to.equal(37_202)
    expect(all.reduce((n, { keys }) => n + keys.length - keys.distinct().length, 0)).to.equal(18)
    expect(count(({ keys, end }, row) => (keys.rollingStarts[row]! + keys.rollingPeriods[row]!) * 600 > end)).to.equal(
      1548,
    )
    expect(count(({ keys }, row) => keys.rollingStarts[row]! % 144 !== 0)).to.equal(4798)
    expect(count(({ keys, end }, row) => end / 600 - keys.rollingStarts[row]! > 15 * 144)).to.be.above(0)
  })

  it("a published export.bin has the keys that its publisher lists", () => {
    const { keys } = decodeExport("x", archive("google-sample/cpp-testdata-export-200.bin"))
    const facts = JSON.parse(readFileSync("vectors/gaen-google-export-bin.json", "utf8")) as {
      keys: { tek: string; transmission_risk_level: number; rolling_start: number; rolling_period?: number }[]
    }
    expect(keys.length).to.equal(facts.keys.length)
    facts.keys.forEach((fact, row) => {
      expect(keys.row(row)).to.deep.equal({
        tek: new Uint8Array(Buffer.from(fact.tek, "hex")),
        rollingStart: fact.rolling_start,
        rollingPeriod: fact.rolling_period ?? 144,
        transmissionRisk: fact.transmission_risk_level,
      })
    })
  })

  it("an archive decoded and encoded again has other bytes, so that only the raw bytes can be verified", () => {
    const read = readExport("de", archive("de-dev/cwa-dev-2020-05-31.zip"))
    expect(hex(encodeExport(read))).to.not.equal(hex(read.bin))
  })

  it("the keys of Google's example server are those of its keys.json", () => {
    const { temporaryExposureKeys } = JSON.parse(readFileSync(`${DATA}/google-server/keys.json`, "utf8")) as {
      temporaryExposureKeys: {
        key: string
        rollingStartNumber: number
        rollingPeriod: number
        transmissionRisk: number
      }[]
    }
    const { keys } = readExport("google-server", archive(zipsIn("google-server")[0]!))
    const read = Array.from({ length: keys.length }, (_, row) => keys.row(row))
    for (const { key, rollingStartNumber, rollingPeriod, transmissionRisk } of temporaryExposureKeys)
      expect(read).to.deep.include({
        tek: new Uint8Array(Buffer.from(key, "base64")),
        rollingStart: rollingStartNumber,
        rollingPeriod,
        transmissionRisk,
      })
  })
})
