import { ascii, equal, fromAscii, merkle, signature } from "../crypto/index.ts"
import {
  type Checkpoint,
  checkpointOrigin,
  contradictionOf,
  cosign,
  isSameHead,
  LindungError,
  type NoteKey,
  parseAddCheckpoint,
  TLOG_SIZE_TYPE,
  verifyCheckpoint,
} from "../protocol/index.ts"
import type { HeadStore } from "./heads.ts"

export interface WitnessConfig {
  /** The witness's name, and its 32-byte Ed25519 seed, which signs nothing else. */
  readonly name: string
  readonly seed: Uint8Array
  /** The logs it cosigns for. Two keys of one name while a log changes its key. */
  readonly logs: readonly NoteKey[]
}

/** What the witness has to say about itself. */
export type WitnessEvent =
  | { readonly event: "cosigned"; readonly log: string; readonly size: number; readonly bucket: number }
  | { readonly event: "refused"; readonly log: string; readonly status: number; readonly why: string }
  /** The log has contradicted itself; the proof is kept. */
  | { readonly event: "misbehaviour"; readonly log: string; readonly why: string }

export interface WitnessPorts {
  /** Unix seconds. */
  readonly clock: () => number
  readonly heads: HeadStore
  readonly ed25519?: signature.Ed25519
  readonly log?: (event: WitnessEvent) => void
}

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array
}

export interface Witness {
  /** Answers a request of C2SP tlog-witness. Rejects only when the heads cannot be read or written: nothing is signed. */
  addCheckpoint(body: Uint8Array): Promise<Answer>
}

const TEXT = "text/plain; charset=utf-8"
const answer = (status: number, text: string, type = TEXT): Answer => ({ status, type, body: ascii(`${text}\n`) })

/** A head, and what the log signed. */
interface Signed {
  readonly head: Checkpoint
  readonly note: Uint8Array
  readonly key: NoteKey
}

/**
 * A witness over its heads. Heads that are damaged are found before anything is signed.
 * @throws LindungError storage-corrupt
 */
export async function openWitness(config: WitnessConfig, ports: WitnessPorts): Promise<Witness> {
  const { clock, heads, ed25519 = signature.ed25519, log = () => {} } = ports
  /** One request at a time for each log: the size is compared and moved in one step. */
  const turns = new Map<string, Promise<unknown>>()

  /** The keys of the log, any of which may have signed. */
  function verified(note: Uint8Array, origin: string): Signed | undefined {
    for (const key of config.logs.filter(({ name }) => name === origin))
      try {
        return { head: verifyCheckpoint(note, key, ed25519), note, key }
      } catch (error) {
        if (!(error instanceof LindungError) || error.code !== "signature") throw error
      }
    return undefined
  }

  async function known(origin: string): Promise<Signed | undefined> {
    const note = await heads.read(origin)
    if (note === undefined) return undefined
    try {
      const signed = verified(note, origin)
      if (signed !== undefined) return signed
    } catch (cause) {
      throw new LindungError("storage-corrupt", `the head of ${origin} is damaged`, { cause })
    }
    throw new LindungError("storage-corrupt", `the head of ${origin} is not signed by a key that is configured`)
  }

  /** Keeps what the two heads prove against the log, if they do. */
  async function accuse(before: Signed, now: Signed, why: string): Promise<void> {
    if (!equal(before.key.publicKey, now.key.publicKey)) return
    const proof = contradictionOf(now.key, [before, now])
    if (proof === undefined) return
    await heads.keep(proof)
    log({ event: "misbehaviour", log: now.head.origin, why })
  }

  async function judge(now: Signed, oldSize: number, proof: readonly Uint8Array[]): Promise<Answer> {
    const { head, note } = now
    const before = await known(head.origin)
    const size = before?.head.size ?? 0
    if (oldSize > head.size) return answer(400, `old size ${oldSize} is beyond the checkpoint's`)
    if (before !== undefined && head.size === size && !isSameHead(head, before.head)) {
      await accuse(before, now, "two heads of one size")
      return answer(409, `another checkpoint of ${size} leaves was cosigned`)
    }
    if (before !== undefined && head.size > size && head.bucket < before.head.bucket) {
      await accuse(before, now, "the bucket went back")
      return answer(422, `the bucket goes back from ${before.head.bucket}`)
    }
    if (oldSize !== size) return answer(409, String(size), TLOG_SIZE_TYPE)
    const from = before?.head.root ?? merkle.emptyRoot()
    if (!merkle.verifyConsistency(oldSize, head.size, from, head.root, proof))
      return answer(422, `no consistency with the checkpoint of ${size} leaves`)
    await heads.write(head.origin, note)
    const line = cosign(note, config.name, config.seed, Math.floor(clock()), ed25519)
    log({ event: "cosigned", log: head.origin, size: head.size, bucket: head.bucket })
    return { status: 200, type: TEXT, body: line }
  }

  async function decide(body: Uint8Array): Promise<Answer> {
    const { oldSize, proof, note } = parseAddCheckpoint(body)
    const origin = checkpointOrigin(note)
    if (!config.logs.some(({ name }) => name === origin)) return answer(404, "unknown log")
    const now = verified(note, origin)
    if (now === undefined) return answer(403, "not signed by a known key of this log")
    const turn = (turns.get(origin) ?? Promise.resolve()).then(() => judge(now, oldSize, proof))
    turns.set(
      origin,
      turn.catch(() => undefined),
    )
    const answered = await turn
    if (answered.status !== 200 && answered.type !== TLOG_SIZE_TYPE)
      log({ event: "refused", log: origin, status: answered.status, why: fromAscii(answered.body).trimEnd() })
    return answered
  }

  for (const { name } of config.logs) await known(name)
  return {
    async addCheckpoint(body) {
      try {
        return await decide(body)
      } catch (error) {
        if (error instanceof LindungError && error.code === "format") return answer(400, error.message)
        throw error
      }
    },
  }
}
