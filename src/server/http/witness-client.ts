import type { signature } from "../../crypto/index.ts"
import { ADD_CHECKPOINT_PATH, MAX_NOTE_BYTES } from "../../protocol/index.ts"
import type { PublisherConfig } from "../config.ts"
import { type AskWitness, askWitnesses, type Witnesses } from "../witnesses.ts"

/** A bucket is published soon after it is over; phones wait for it no longer than for a slow network. */
const TIMEOUT_MS = 10_000

/** Asks over HTTP. An answer longer than any note is not read to its end. */
const fetchWitness: AskWitness = async (url, body) => {
  const response = await fetch(url + ADD_CHECKPOINT_PATH, {
    method: "POST",
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: new Uint8Array(body),
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > MAX_NOTE_BYTES) throw new Error("the answer is too long")
    parts.push(part)
  }
  const type = response.headers.get("content-type")?.split(";")[0]?.trim() ?? ""
  return { status: response.status, type, body: new Uint8Array(Buffer.concat(parts)) }
}

interface Around {
  readonly ask?: AskWitness | undefined
  readonly ed25519: signature.Ed25519
  readonly log: (event: { readonly event: "witness-missing"; readonly witness: string; readonly why: string }) => void
}

/** The witnesses that a publisher was told of; over HTTP unless there is another way to ask. */
export const witnessesOf = (
  { witnesses = [], witnessQuorum = 0 }: Pick<PublisherConfig, "witnesses" | "witnessQuorum">,
  { ask = fetchWitness, ed25519, log }: Around,
): Witnesses =>
  askWitnesses(witnesses, witnessQuorum, {
    ask,
    ed25519,
    missing: (witness, why) => log({ event: "witness-missing", witness, why }),
  })
