import { expect } from "chai"
import { concat, fromHex, merkle } from "../../src/crypto/index.ts"
import {
  contradictionOf,
  cosign,
  cosignatures,
  encodeAddCheckpoint,
  encodeMisbehaviour,
  encodeWitnessKey,
  MAX_MISBEHAVIOUR_BYTES,
  parseAddCheckpoint,
  parseNoteKey,
  parseWitnessKey,
  problemOfPolicy,
  requireQuorum,
  signCheckpoint,
  verifyCheckpoint,
  verifyMisbehaviour,
} from "../../src/protocol/index.ts"
import { nodesOf } from "../crypto/trees.ts"
import { changes, prefixes, refusal, someChanges } from "./damage.ts"
import { expectCoded, PARSERS } from "./hostile.ts"
import { ed25519 } from "./platform.ts"
import { bytesOf, tlog } from "./tlog-vectors.ts"

const { witnessed, c2sp } = tlog
const note = bytesOf(witnessed.note)
const keys = witnessed.witnesses.map(({ key }) => parseWitnessKey(key))
const lines = witnessed.witnesses.map(({ line }) => bytesOf(line))
const seeds = witnessed.witnesses.map(({ seed }) => fromHex(seed))

describe("a cosignature", () => {
  it("has the bytes of the vector, and its time is read back", () => {
    witnessed.witnesses.forEach(({ name, time, line }, i) => {
      expect(Buffer.from(cosign(note, name, seeds[i]!, time, ed25519)).toString()).to.equal(line)
    })
    const found = cosignatures(concat(note, ...lines), keys, 3, ed25519)
    expect(found.map(({ time }) => time)).to.deep.equal(witnessed.witnesses.map(({ time }) => time))
  })

  it("is for this head, this witness and this time only", () => {
    const line = lines[0]!
    const cosigned = concat(note, line)
    for (const { at, changed } of changes(cosigned)) {
      let found: number | undefined
      const code = refusal(() => {
        found = cosignatures(changed, keys.slice(0, 1), 1, ed25519).length
      })
      if (code === undefined) {
        // Only the log's own signature, which is not this function's to look at, or a name or id that is another's.
        const own = at >= note.length
        expect(found, `byte ${at}`).to.equal(own ? 0 : 1)
        expect(own || at > Buffer.from(note).indexOf("\n\n"), `byte ${at} of the body`).to.equal(true)
      } else expect(code, `byte ${at}`).to.be.oneOf(["format", "signature"])
    }
  })

  it("needs whole seconds to say, and a log's key is no witness's", () => {
    for (const time of [-1, 0.5, 2 ** 53, Number.NaN])
      expect(() => cosign(note, "w.example", seeds[0]!, time, ed25519), `${time}`).to.throw(RangeError)
    expect(refusal(() => parseWitnessKey(witnessed.log_key))).to.equal("format")
    expect(refusal(() => parseNoteKey(encodeWitnessKey(keys[0]!)))).to.equal("format")
  })
})

describe("a quorum", () => {
  const require = (signed: Uint8Array, quorum: number, witnesses = keys) =>
    refusal(() => requireQuorum(signed, { witnesses, quorum }, ed25519))

  it("is met by so many known witnesses, whichever they are", () => {
    for (let mask = 0; mask < 8; mask++) {
      const chosen = lines.filter((_, i) => mask & (1 << i))
      for (let quorum = 0; quorum <= 3; quorum++)
        expect(require(concat(note, ...chosen), quorum), `${mask} of ${quorum}`).to.equal(
          chosen.length >= quorum ? undefined : "not-witnessed",
        )
    }
  })

  it("counts a witness once, and strangers never", () => {
    const again = cosign(note, keys[0]!.name, seeds[0]!, 1_700_000_000, ed25519)
    expect(require(concat(note, lines[0]!, again, lines[0]!), 2)).to.equal("not-witnessed")
    const strangers = [1, 2].map(n => cosign(note, `s${n}.example`, new Uint8Array(32).fill(n), 5, ed25519))
    expect(require(concat(note, ...strangers, lines[1]!), 2)).to.equal("not-witnessed")
    const ofAnother = cosign(note, keys[0]!.name, seeds[1]!, 5, ed25519)
    expect(require(concat(note, ofAnother, lines[1]!), 2)).to.equal("not-witnessed")
  })

  it("of a policy that names a witness twice, or asks for more than there are, is refused", () => {
    const [first, second] = keys as [(typeof keys)[0], (typeof keys)[0]]
    expect(problemOfPolicy({ witnesses: keys, quorum: 2 })).to.equal(undefined)
    expect(problemOfPolicy({ witnesses: [first, first], quorum: 1 })).to.include("different")
    expect(problemOfPolicy({ witnesses: [first, { ...second, name: first.name }], quorum: 1 })).to.include("different")
    expect(problemOfPolicy({ witnesses: [first, { ...first, name: "x" }], quorum: 1 })).to.include("different")
    for (const quorum of [-1, 4, 1.5]) expect(problemOfPolicy({ witnesses: keys, quorum })).to.include("from 0 to 3")
  })
})

describe("a request to a witness", () => {
  const body = bytesOf(c2sp.add_checkpoint.body)

  it("is read as the C2SP document says, and written so again", () => {
    const request = parseAddCheckpoint(body)
    expect(request.oldSize).to.equal(c2sp.add_checkpoint.old_size)
    expect(request.proof).to.have.length(c2sp.add_checkpoint.hashes)
    expect(Buffer.from(encodeAddCheckpoint(request)).toString()).to.equal(c2sp.add_checkpoint.body)
  })

  it("is refused when its head is cut, misspelt or too long", () => {
    const head = body.subarray(0, Buffer.from(body).indexOf("\n\n") + 2)
    for (const prefix of prefixes(head)) expect(refusal(() => parseAddCheckpoint(prefix))).to.equal("format")
    const wrong = [
      "old 01\n\n",
      "old -1\n\n",
      "old 9007199254740992\n\n",
      "new 1\n\n",
      "\n",
      "old 1\r\n\n",
      "old 1\nAA==\n\n",
    ]
    for (const text of wrong)
      expect(
        refusal(() => parseAddCheckpoint(bytesOf(text))),
        text,
      ).to.equal("format")
    const hash = `${Buffer.alloc(32).toString("base64")}\n`
    expect(refusal(() => parseAddCheckpoint(bytesOf(`old 1\n${hash.repeat(63)}\n`)))).to.equal(undefined)
    expect(refusal(() => parseAddCheckpoint(bytesOf(`old 1\n${hash.repeat(64)}\n`)))).to.equal("format")
    expect(refusal(() => parseAddCheckpoint(new Uint8Array(20_000_000).fill(65)))).to.equal("format")
    const proof = Array.from({ length: 64 }, () => new Uint8Array(32))
    expect(() => encodeAddCheckpoint({ oldSize: 1, proof, note })).to.throw(RangeError)
  })
})

describe("a proof of misbehaviour", () => {
  const verify = (file: Uint8Array) => verifyMisbehaviour(file, ed25519)

  for (const { kind, sizes, file } of tlog.misbehaviour)
    it(`of ${kind} with heads of ${sizes.join(" and ")} leaves verifies, and after any change of a bit it does not`, () => {
      const verdict = verify(fromHex(file))
      expect(verdict).to.include({ kind })
      expect(verdict.heads.map(({ size }) => size)).to.deep.equal(sizes)
      for (const { at, changed } of someChanges(fromHex(file), 100, 3))
        expect(
          refusal(() => verify(changed)),
          `byte ${at}`,
        ).to.be.oneOf(["format", "signature"])
      for (const prefix of prefixes(fromHex(file))) expect(refusal(() => verify(prefix))).to.equal("format")
    })

  it("is refused when its statements agree with each other", () => {
    for (const file of tlog.no_misbehaviour) expect(refusal(() => verify(fromHex(file)))).to.equal("format")
  })

  it("is made of any two heads that conflict, and of none that agree, for all sizes up to 40", () => {
    const seed = new Uint8Array(32).fill(9)
    const log = { name: "log.example", publicKey: ed25519.verifyKey(seed) }
    const leaves = (from: number) =>
      Array.from({ length: 40 }, (_, i) => merkle.leafHash(Uint8Array.of(i < from ? 0 : 1, i)))
    const honest = nodesOf(leaves(40))
    const forged = nodesOf(leaves(1))
    const headOf = (size: number, node: merkle.NodeReader, bucket = size) => {
      const head = { origin: log.name, size, root: merkle.root(size, node), bucket }
      return { head, note: signCheckpoint(head, log.name, seed, ed25519) }
    }
    for (let m = 2; m <= 40; m += 3)
      for (let n = m; n <= 40; n += 5) {
        const proof = { root: merkle.root(m, forged), hashes: merkle.consistencyProof(m, n, forged) }
        const found = contradictionOf(log, [headOf(n, forged), headOf(m, honest)], proof)
        expect(verify(found!).kind, `${m} and ${n}`).to.equal("histories")
        const good = { root: merkle.root(m, honest), hashes: merkle.consistencyProof(m, n, honest) }
        expect(contradictionOf(log, [headOf(m, honest), headOf(n, honest)], good), `${m} and ${n}`).to.equal(undefined)
        const back = contradictionOf(log, [headOf(m, honest, 50), headOf(n, honest, 49)])
        expect(back && verify(back).kind).to.equal("bucket")
      }
  })

  it("is never longer than its bound, and a longer file is refused unread", () => {
    const longest = signCheckpoint(
      verifyCheckpoint(note, parseNoteKey(witnessed.log_key), ed25519),
      "l",
      seeds[0]!,
      ed25519,
    )
    const log = parseNoteKey(witnessed.log_key)
    const file = encodeMisbehaviour(log, { kind: "bucket", notes: [longest, longest] })
    expect(file.length).to.be.lessThan(MAX_MISBEHAVIOUR_BYTES)
    expect(refusal(() => verify(concat(file, new Uint8Array(MAX_MISBEHAVIOUR_BYTES))))).to.equal("format")
  })
})

describe("whatever bytes arrive", () => {
  for (const name of Object.keys(PARSERS)) it(`${name} is taken or refused with a code`, () => expectCoded(name, 300))
})
