import { type Cancel, LindungError } from "../protocol/index.ts"
import type { Http } from "./ports.ts"

const OCTETS = "application/octet-stream"

export function requireGoing(signal: Cancel): void {
  if (signal.aborted) throw new LindungError("aborted", "the caller gave up")
}

/** Every request has the same headers, whatever it is for; nothing that names the phone. */
async function send(
  http: Http,
  request: { method: "GET" | "POST"; url: string; maxBytes: number; body?: Uint8Array },
  signal: Cancel,
): Promise<{ status: number; body: Uint8Array }> {
  requireGoing(signal)
  const headers = request.method === "POST" ? { accept: OCTETS, "content-type": OCTETS } : { accept: OCTETS }
  try {
    const { status, body } = await http.send({ ...request, headers, signal })
    if (body.length > request.maxBytes) throw new LindungError("format", `${request.url}: the answer is too long`)
    return { status, body }
  } catch (error) {
    requireGoing(signal)
    if (error instanceof LindungError) throw error
    throw new LindungError("network", `${request.url}: no answer`, { cause: error })
  }
}

function refused(url: string, status: number): LindungError {
  if (status === 429) return new LindungError("rate-limited", url, { status })
  if (status === 503) return new LindungError("full", url, { status })
  return new LindungError("server", `${url}: status ${status}`, { status })
}

/** A file of the static tree. @throws LindungError network, server, format, aborted */
export async function fetchFile(http: Http, url: string, maxBytes: number, signal: Cancel): Promise<Uint8Array> {
  const { status, body } = await send(http, { method: "GET", url, maxBytes }, signal)
  if (status !== 200) throw refused(url, status)
  return body
}

/** One of the two requests of an action. @throws LindungError network, rate-limited, full, server, format, aborted */
export async function post(
  http: Http,
  url: string,
  body: Uint8Array,
  expected: { status: number; bytes: number },
  signal: Cancel,
): Promise<Uint8Array> {
  const answer = await send(http, { method: "POST", url, body, maxBytes: 4096 }, signal)
  if (answer.status !== expected.status) throw refused(url, answer.status)
  if (answer.body.length !== expected.bytes)
    throw new LindungError("format", `${url}: expected ${expected.bytes} bytes, got ${answer.body.length}`)
  return answer.body
}
