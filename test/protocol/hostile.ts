import { expect } from "chai"
import fc from "fast-check"
import { concat, fromHex } from "../../src/crypto/index.ts"
import {
  cosignatures,
  LindungError,
  parseAddCheckpoint,
  parseEntries,
  parseNote,
  parseSignatureLines,
  parseTlogSize,
  parseWitnessKey,
  TileReader,
  verifyCheckpoint,
  verifyMisbehaviour,
} from "../../src/protocol/index.ts"
import { ed25519 } from "./platform.ts"
import { bytesOf, tlog } from "./tlog-vectors.ts"
import { vectors } from "./vectors.ts"

/** Nothing but noise, and good messages that were cut, joined, and changed in a few places. */
function hostile(good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const message = fc.constantFrom(...good)
  const edits = fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 12 }), fc.nat({ max: 12 })), { maxLength: 4 })
  const changed = fc.tuple(message, edits).map(([bytes, list]) =>
    list.reduce((now, [place, put, take]) => {
      const at = place % (now.length + 1)
      return concat(now.subarray(0, at), put, now.subarray(at + take))
    }, bytes),
  )
  const cut = fc.tuple(message, fc.nat()).map(([bytes, n]) => bytes.subarray(0, n % (bytes.length + 1)))
  const joined = fc.tuple(cut, changed).map(parts => concat(...parts))
  return fc.oneof(fc.uint8Array({ maxLength: 300 }), changed, cut, joined)
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 5000))
const { witnesses, note } = tlog.witnessed
const keys = witnesses.map(({ key }) => parseWitnessKey(key))
const cosigned = bytesOf(note + witnesses.map(({ line }) => line).join(""))
const logKey = { name: "log.example/lindung", publicKey: ed25519.verifyKey(fromHex(vectors.checkpoint.seed)) }
const entries = fromHex(vectors.entries.file)
const tile = new Uint8Array(32 * 7)

/** Every parser of what a log, a witness or an accuser says, with good messages of its kind. */
export const PARSERS: Readonly<
  Record<string, readonly [good: readonly Uint8Array[], parse: (b: Uint8Array) => unknown]>
> = {
  "a note": [[cosigned, bytesOf(tlog.c2sp.cosigned.note)], parseNote],
  "signature lines": [[bytesOf(tlog.c2sp.answer.lines)], parseSignatureLines],
  "a checkpoint": [[bytesOf(vectors.checkpoint.note), cosigned], bytes => verifyCheckpoint(bytes, logKey, ed25519)],
  cosignatures: [[cosigned], bytes => cosignatures(bytes, keys, keys.length, ed25519)],
  "a witness's key": [witnesses.map(({ key }) => bytesOf(key)), bytes => parseWitnessKey(text(bytes))],
  "a request to a witness": [[bytesOf(tlog.c2sp.add_checkpoint.body)], parseAddCheckpoint],
  "a witness's size": [[bytesOf("20852014\n"), bytesOf("0\n")], parseTlogSize],
  "a proof of misbehaviour": [
    [...tlog.misbehaviour.map(({ file }) => file), ...tlog.no_misbehaviour].map(fromHex),
    bytes => verifyMisbehaviour(bytes, ed25519),
  ],
  "an entry bundle": [[entries], bytes => parseEntries(bytes, vectors.entries.leaves.length)],
  "a tile": [[tile], bytes => new TileReader().add({ level: 0, index: 0, width: 7 }, bytes)],
}

/** What the parser takes or refuses with a code; anything else that it throws is a failure. */
export function expectCoded(name: string, numRuns: number): void {
  const [good, parse] = PARSERS[name]!
  fc.assert(
    fc.property(hostile(good), bytes => {
      try {
        parse(bytes)
      } catch (error) {
        expect(error, (error as Error).stack ?? "").to.be.instanceOf(LindungError)
      }
    }),
    { numRuns },
  )
}
