import { type Cancel, LindungError } from "../protocol/index.ts"
import type { Http, HttpResponse } from "./ports.ts"

const OCTETS = "application/octet-stream"

export function requireGoing(signal: Cancel): void {
  if (signal.aborted) throw new LindungError("aborted", "the caller gave up")
}

/** The work, or `aborted` as soon as the signal says so: a host that goes on nevertheless is not waited for. */
export async function orAborted<T>(signal: Cancel, work: Promise<T>): Promise<T> {
  // Whether or not it is waited for: a rejection that nobody hears would end a process.
  work.catch(() => {})
  requireGoing(signal)
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new LindungError("aborted", "the caller gave up"))
  })
  signal.addEventListener("abort", stop)
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Retry-After in seconds (RFC 9110, 10.2.3): a number of them, or a date, which is measured by the server's own clock
 * in the same answer. Undefined where neither is given.
 */
export function retryAfter(headers: ReadonlyMap<string, string>): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? ""
  if (/^\d{1,10}$/.test(value)) return Number(value)
  const date = headers.get("date")?.trim() ?? ""
  if (!HTTP_DATE.test(value) || !HTTP_DATE.test(date)) return undefined
  const seconds = (Date.parse(value) - Date.parse(date)) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}

/** Every request has the same headers, whatever it is for; nothing that names the phone. */
async function send(
  http: Http,
  request: { method: "GET" | "POST"; url: string; maxBytes: number; body?: Uint8Array },
  signal: Cancel,
): Promise<HttpResponse> {
  requireGoing(signal)
  const headers = request.method === "POST" ? { accept: OCTETS, "content-type": OCTETS } : { accept: OCTETS }
  try {
    const answer = await orAborted(signal, http.send({ ...request, headers, signal }))
    if (answer.body.length > request.maxBytes)
      throw new LindungError("format", `${request.url}: the answer is too long`)
    return answer
  } catch (error) {
    requireGoing(signal)
    if (error instanceof LindungError) throw error
    throw new LindungError("network", `${request.url}: no answer`, { cause: error })
  }
}

function refused(url: string, { status, headers }: HttpResponse): LindungError {
  const after = retryAfter(headers)
  const facts = { status, ...(after !== undefined && { retryAfter: after }) }
  if (status === 429) return new LindungError("rate-limited", url, facts)
  if (status === 503) return new LindungError("full", url, facts)
  return new LindungError("server", `${url}: status ${status}`, facts)
}

/** A file of the static tree. @throws LindungError network, server, format, aborted */
export async function fetchFile(http: Http, url: string, maxBytes: number, signal: Cancel): Promise<Uint8Array> {
  const answer = await send(http, { method: "GET", url, maxBytes }, signal)
  if (answer.status !== 200) throw refused(url, answer)
  return answer.body
}

/** One of the three requests of an action: redeem, U1, U2. @throws LindungError network, rate-limited, full, server, format, aborted */
export async function post(
  http: Http,
  url: string,
  body: Uint8Array,
  expected: { status: number; bytes: number },
  signal: Cancel,
): Promise<Uint8Array> {
  const answer = await send(http, { method: "POST", url, body, maxBytes: 4096 }, signal)
  if (answer.status !== expected.status) throw refused(url, answer)
  if (answer.body.length !== expected.bytes)
    throw new LindungError("format", `${url}: expected ${expected.bytes} bytes, got ${answer.body.length}`)
  return answer.body
}
