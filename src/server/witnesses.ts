import { concat, type signature } from "../crypto/index.ts"
import {
  encodeAddCheckpoint,
  LindungError,
  type NoteKey,
  parseTlogSize,
  TLOG_SIZE_TYPE,
  takeCosignature,
  type WitnessPolicy,
} from "../protocol/index.ts"

export interface WitnessAnswer {
  readonly status: number
  /** Without parameters. */
  readonly type: string
  readonly body: Uint8Array
}

/** A witness that is asked for its word on each head (C2SP tlog-witness). */
export interface WitnessAt {
  readonly url: string
  readonly key: NoteKey
}

/** Asks the witness at a URL; rejects when no answer comes in time. */
export type AskWitness = (url: string, body: Uint8Array) => Promise<WitnessAnswer>

export interface Witnesses {
  readonly policy: WitnessPolicy
  /**
   * The note with the lines of all witnesses that sign it, in the policy's order.
   * @param prove consistency of a size with the note's
   * @throws LindungError not-witnessed when fewer sign than the policy asks for, saying what each one answered
   */
  cosign(
    note: Uint8Array,
    size: number,
    prove: (oldSize: number) => readonly Uint8Array[],
  ): Promise<Uint8Array<ArrayBuffer>>
}

export interface WitnessPorts {
  readonly ask: AskWitness
  readonly ed25519: signature.Ed25519
  /** A witness did not sign, though enough others did. */
  readonly missing: (name: string, why: string) => void
}

/**
 * All witnesses are asked at the same time. One that is down, slow, or of another opinion holds nothing up as long as
 * the quorum is met without it; it signs the next head again, since it is told the consistency from its own size.
 */
export function askWitnesses(list: readonly WitnessAt[], quorum: number, ports: WitnessPorts): Witnesses {
  const { ask, ed25519, missing } = ports
  const policy = { witnesses: list.map(({ key }) => key), quorum }
  /** What each has cosigned last, as far as is known. */
  const sizes = new Map<string, number>()

  async function lineOf(
    { url, key }: WitnessAt,
    note: Uint8Array,
    size: number,
    prove: (oldSize: number) => readonly Uint8Array[],
  ): Promise<Uint8Array> {
    for (let again = 0; ; again++) {
      const oldSize = sizes.get(key.name) ?? 0
      const answer = await ask(url, encodeAddCheckpoint({ oldSize, proof: prove(oldSize), note }))
      if (answer.status === 200) {
        const line = takeCosignature(answer.body, note, key, ed25519)
        sizes.set(key.name, size)
        return line
      }
      if (answer.status !== 409 || answer.type !== TLOG_SIZE_TYPE || again > 0)
        throw new LindungError("not-witnessed", `status ${answer.status}`)
      const known = parseTlogSize(answer.body)
      if (known > size)
        throw new LindungError("log-inconsistent", `it has seen ${known} leaves, and these records hold ${size}`)
      sizes.set(key.name, known)
    }
  }

  return {
    policy,
    async cosign(note, size, prove) {
      const answers = await Promise.allSettled(list.map(witness => lineOf(witness, note, size, prove)))
      const lines = answers.flatMap(answer => (answer.status === "fulfilled" ? [answer.value] : []))
      const refused = answers.flatMap((answer, i) =>
        answer.status === "rejected"
          ? [{ name: list[i]!.key.name, why: answer.reason instanceof Error ? answer.reason.message : "no answer" }]
          : [],
      )
      if (lines.length < quorum)
        throw new LindungError(
          "not-witnessed",
          `${lines.length} of the ${quorum} witnesses required have signed; ${refused.map(({ name, why }) => `${name}: ${why}`).join("; ")}`,
        )
      for (const { name, why } of refused) missing(name, why)
      return concat(note, ...lines)
    },
  }
}
