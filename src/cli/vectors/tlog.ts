import { fromHex, hex, u64 } from "../../crypto/index.ts"
import {
  cosign,
  cosignatures,
  encodeAddCheckpoint,
  encodeWitnessKey,
  parseAddCheckpoint,
  parseNote,
  parseNoteKey,
  parseSignatureLines,
  parseWitnessKey,
  tilePath,
  tilesUnder,
  verifyCheckpoint,
  verifyMisbehaviour,
} from "../../protocol/index.ts"
import { type Check, refuses, type Verifier } from "./check.ts"

interface TlogFile {
  readonly c2sp: {
    readonly cosigned: { note: string; names: string[]; key_ids: string[]; time: number }
    readonly add_checkpoint: { body: string; old_size: number; hashes: number; signatures: number }
    readonly answer: { lines: string; names: string[] }
    readonly tiles: { size: number; full: Record<string, number>; partial: Record<string, number> }[]
    readonly path: { level: number; index: number; path: string }
  }
  readonly witnessed: {
    readonly log_key: string
    readonly note: string
    readonly witnesses: { name: string; seed: string; key: string; time: number; line: string }[]
  }
  readonly misbehaviour: { kind: string; sizes: number[]; file: string }[]
  readonly no_misbehaviour: string[]
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The examples that the C2SP documents print, read as their text says. */
function published({ c2sp }: TlogFile, check: Check): void {
  const { cosigned, add_checkpoint: request, answer, tiles, path } = c2sp
  const { signatures } = parseNote(bytesOf(cosigned.note))
  check.equal("signers", names(signatures), cosigned.names)
  check.equal(
    "key ids",
    signatures.map(({ id }) => hex(id)),
    cosigned.key_ids,
  )
  check.equal("time", hex(signatures[1]!.signature.subarray(0, 8)), hex(u64(cosigned.time)))
  const parsed = parseAddCheckpoint(bytesOf(request.body))
  check.equal("old size", parsed.oldSize, request.old_size)
  check.equal("hashes", parsed.proof.length, request.hashes)
  check.equal("signatures", parseNote(parsed.note).signatures.length, request.signatures)
  check.equal("request again", textOf(encodeAddCheckpoint(parsed)), request.body)
  check.equal("answer", names(parseSignatureLines(bytesOf(answer.lines))), answer.names)
  for (const { size, full, partial } of tiles) {
    const hashTiles = tilesUnder(size, true).filter(({ level }) => level >= 0)
    const whole = hashTiles.filter(({ width }) => width === 256).map(({ level }) => level)
    const cut = hashTiles.filter(({ width }) => width < 256).map(({ level, width }) => [String(level), width])
    check.equal(`full tiles of ${size}`, counted(whole), full)
    check.equal(`partial tiles of ${size}`, Object.fromEntries(cut), partial)
  }
  check.equal("path", tilePath({ ...path, width: 256 }), path.path)
}

const names = (lines: readonly { readonly name: string }[]): string[] => lines.map(({ name }) => name)

function counted(levels: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const level of levels) counts[level] = (counts[level] ?? 0) + 1
  return counts
}

function witnessed({ witnessed: of }: TlogFile, check: Check): void {
  const note = bytesOf(of.note)
  check.equal("the log's note", verifyCheckpoint(note, parseNoteKey(of.log_key)).size, 70_000)
  const keys = of.witnesses.map(({ key }) => parseWitnessKey(key))
  check.equal(
    "keys again",
    keys.map(encodeWitnessKey),
    of.witnesses.map(({ key }) => key),
  )
  for (const { name, seed, time, line } of of.witnesses)
    check.equal(`cosignature of ${name}`, textOf(cosign(note, name, fromHex(seed), time)), line)
  const all = bytesOf(of.note + of.witnesses.map(({ line }) => line).join(""))
  check.equal(
    "times",
    cosignatures(all, keys).map(({ time }) => time),
    of.witnesses.map(({ time }) => time),
  )
}

function misbehaviour(file: TlogFile, check: Check): void {
  for (const { kind, sizes, file: proof } of file.misbehaviour) {
    const verdict = verifyMisbehaviour(fromHex(proof))
    check.equal("kind", verdict.kind, kind)
    check.equal(
      `sizes of ${kind}`,
      verdict.heads.map(({ size }) => size),
      sizes,
    )
  }
  for (const [i, proof] of file.no_misbehaviour.entries())
    refuses(check, `honest statements ${i}`, () => verifyMisbehaviour(fromHex(proof)))
}

const tlog: Verifier = (data, check) => {
  const file = data as TlogFile
  published(file, check)
  witnessed(file, check)
  misbehaviour(file, check)
}

/** By the file's `format`. */
export const tlogVerifiers: Readonly<Record<string, Verifier>> = { "lindung-tlog/1": tlog }
