import type { Http } from "lindung/client"

/** The client's Http port over fetch: no cookies, no cache, no redirects, no referrer. */
export const fetchHttp: Http = {
  async send({ method, url, headers, body, maxBytes, signal }) {
    const stop = new AbortController()
    const abort = () => stop.abort()
    signal.addEventListener("abort", abort)
    if (signal.aborted) abort()
    try {
      const answer = await fetch(url, {
        method,
        headers,
        ...(body && { body: new Uint8Array(body) }),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: stop.signal,
      })
      const shown = new Map([...answer.headers])
      return { status: answer.status, headers: shown, body: await readUpTo(maxBytes, answer, abort) }
    } finally {
      signal.removeEventListener("abort", abort)
    }
  },
}

async function readUpTo(maxBytes: number, answer: Response, abort: () => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = answer.body?.getReader()
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    parts.push(part.value)
    length += part.value.length
    if (length <= maxBytes) continue
    abort()
    throw new Error(`the answer is longer than ${maxBytes} bytes`)
  }
  const body = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    body.set(part, at)
    at += part.length
  }
  return body
}
