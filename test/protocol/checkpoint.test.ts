import { expect } from "chai"
import fc from "fast-check"
import { base64, concat, fromBase64, fromHex, signature } from "../../src/crypto/index.ts"
import { encodeNoteKey, parseNoteKey, signCheckpoint, verifyCheckpoint } from "../../src/protocol/index.ts"
import { changes, prefixes, refusal } from "./damage.ts"
import { ed25519 } from "./platform.ts"
import { vectors } from "./vectors.ts"

const { origin, size, bucket, note_key, note: noteText } = vectors.checkpoint
const root = fromHex(vectors.checkpoint.root)
const seed = fromHex(vectors.checkpoint.seed)
const note = new Uint8Array(Buffer.from(noteText))
const key = parseNoteKey(note_key)
const verify = (bytes: Uint8Array) => verifyCheckpoint(bytes, key, ed25519)
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))

describe("a note key", () => {
  // The C2SP signed-note specification, and the documentation of Go's golang.org/x/mod/sumdb/note.
  for (const example of [
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  ])
    it(`is read and written as published: ${example.split("+")[0]}`, () => {
      expect(encodeNoteKey(parseNoteKey(example))).to.equal(example)
    })

  it("verifies the note that C2SP publishes with it", () => {
    const { publicKey } = parseNoteKey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    const line = fromBase64(
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=",
    )!
    const text = bytesOf("This is an example message.\n")
    expect(signature.ed25519.verify(text, line.subarray(4), publicKey)).to.equal(true)
  })

  it("is refused after any change of a character, by its key id", () => {
    for (const { changed } of changes(bytesOf(note_key))) {
      const text = String.fromCharCode(...changed)
      expect(
        refusal(() => parseNoteKey(text)),
        text,
      ).to.equal("format")
    }
    for (const prefix of prefixes(bytesOf(note_key)))
      expect(refusal(() => parseNoteKey(String.fromCharCode(...prefix)))).to.equal("format")
  })
})

describe("a checkpoint", () => {
  const checkpoint = { origin, size, root, bucket }

  it("has the bytes of the vector, and verifies", () => {
    expect(Buffer.from(signCheckpoint(checkpoint, origin, seed)).toString()).to.equal(noteText)
    expect(encodeNoteKey({ name: origin, publicKey: ed25519.verifyKey(seed) })).to.equal(note_key)
    expect(verifyCheckpoint(note, key)).to.deep.equal(checkpoint)
  })

  it("comes back from its note", () => {
    const roots = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(fc.maxSafeNat(), roots, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (n, hash, b) => {
        const given = { origin, size: n, root: hash, bucket: b }
        expect(verify(signCheckpoint(given, origin, seed, ed25519))).to.deep.equal(given)
      }),
    )
  })

  it("is refused when it is cut or longer", () => {
    for (const prefix of prefixes(note))
      expect(
        refusal(() => verify(prefix)),
        `${prefix.length}`,
      ).to.equal("format")
    for (const tail of [0, 0x0a, 0x20, 0x41])
      expect(refusal(() => verify(concat(note, Uint8Array.of(tail))))).to.equal("format")
  })

  it("is refused after any change of a byte, by the parser or by the signature", () => {
    for (const { at, changed } of changes(note))
      expect(
        refusal(() => verify(changed)),
        `byte ${at}`,
      ).to.be.oneOf(["format", "signature"])
  })

  it("is refused under another key of the same name, and of another log", () => {
    const other = { name: origin, publicKey: ed25519.verifyKey(new Uint8Array(32)) }
    expect(refusal(() => verifyCheckpoint(note, other, ed25519))).to.equal("signature")
    expect(refusal(() => verifyCheckpoint(note, { ...key, name: "log.example/other" }, ed25519))).to.equal("signature")
    const ofAnother = signCheckpoint({ ...checkpoint, origin: "log.example/other" }, origin, seed, ed25519)
    expect(
      refusal(() => verify(ofAnother)),
      "signed by this key",
    ).to.equal("signature")
  })

  const [body = "", line = ""] = noteText.split("\n\n")
  const witness = `\u2014 witness.example ${base64(new Uint8Array(76))}\n`

  it("may carry the lines of witnesses, before and after the log's", () => {
    expect(verify(bytesOf(`${body}\n\n${witness}${line}${witness}`))).to.deep.equal(checkpoint)
  })

  it("is refused with witnesses' lines alone", () => {
    expect(refusal(() => verify(bytesOf(`${body}\n\n${witness}`)))).to.equal("signature")
  })

  const sign = (text: string) => {
    const id = fromBase64(line.split(" ")[2]!.trim())!.subarray(0, 4)
    return bytesOf(`${text}\n\u2014 ${origin} ${base64(concat(id, ed25519.sign(bytesOf(text), seed)))}\n`)
  }
  const rows = body.split("\n")
  const row = (i: number, text: string) => `${rows.map((old, k) => (k === i ? text : old)).join("\n")}\n`
  const bodies: Record<string, string> = {
    "a leading zero in its size": row(1, "070000"),
    "a sign in its size": row(1, "+70000"),
    "a size beyond 2^53-1": row(1, "9007199254740992"),
    "no size": row(1, ""),
    "a root of 31 bytes": row(2, base64(root.subarray(1))),
    "a root with spare bits set": row(2, rows[2]!.replace(/.=$/, "R=")),
    "no bucket": `${rows.slice(0, 3).join("\n")}\n`,
    "a bucket of 33 bits": row(3, "bucket 4294967296"),
    "a bucket with a leading zero": row(3, "bucket 01"),
    "a line more": `${body}\nmore\n`,
    "carriage returns": `${body.replaceAll("\n", "\r\n")}\r\n`,
    "a space in its origin": row(0, "log example"),
    "letters outside ASCII": row(0, "log.ex\u00e4mple/lindung"),
  }
  for (const [name, text] of Object.entries(bodies))
    it(`is refused with ${name}, though it is signed`, () => {
      expect(verify(sign(`${body}\n`))).to.deep.equal(checkpoint)
      expect(refusal(() => verify(sign(text)))).to.equal("format")
    })

  it("of many kilobytes is refused before it is taken apart", () => {
    const filler = witness.repeat(63)
    expect(verify(bytesOf(`${body}\n\n${filler}${line}`))).to.deep.equal(checkpoint)
    expect(refusal(() => verify(bytesOf(`${body}\n\n${filler}${witness}${line}`)))).to.equal("format")
    expect(refusal(() => verify(new Uint8Array(20_000_000).fill(0x0a)))).to.equal("format")
  })

  it("is not signed with a field that could not be read back", () => {
    for (const wrong of [
      { origin: "two words" },
      { origin: "" },
      { origin: "a\nb" },
      { size: -1 },
      { size: 1.5 },
      { size: 2 ** 53 },
      { root: new Uint8Array(31) },
      { bucket: -1 },
      { bucket: 2 ** 32 },
    ])
      expect(() => signCheckpoint({ ...checkpoint, ...wrong }, origin, seed, ed25519), JSON.stringify(wrong)).to.throw(
        RangeError,
      )
    for (const name of ["", "a b", "a+b", "\u00e9", "x".repeat(256)])
      expect(() => signCheckpoint(checkpoint, name, seed, ed25519)).to.throw(RangeError)
  })
})
