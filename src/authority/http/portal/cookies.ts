import type { IncomingMessage } from "node:http"
import type { CookieOptions, Response } from "express"
import { DEVICE_DAYS } from "../../accounts/device.ts"
import { PORTAL_PATH } from "./routes.ts"

const DAY_MS = 86_400_000

/** The browser's half of a session and of a known device. Scripts cannot read either, and other sites cannot send them. */
export interface Cookies {
  session(request: IncomingMessage): string | undefined
  device(request: IncomingMessage, label: string): string | undefined
  keepSession(response: Response, value: string): void
  dropSession(response: Response): void
  keepDevice(response: Response, label: string, value: string): void
}

/** @param origin of the portal: without TLS, which only this machine is allowed, cookies cannot be Secure everywhere */
export function cookies(origin: string): Cookies {
  const secure = origin.startsWith("https:")
  // The prefix makes browsers refuse such a cookie from anything but TLS.
  const prefix = secure ? "__Secure-" : ""
  const options: CookieOptions = { httpOnly: true, secure, sameSite: "strict", path: PORTAL_PATH }
  const session = `${prefix}lindung-session`
  const device = (label: string): string => `${prefix}lindung-device-${label}`
  return {
    session: request => cookieOf(request, session),
    device: (request, label) => cookieOf(request, device(label)),
    keepSession: (response, value) => response.cookie(session, value, options),
    dropSession: response => response.clearCookie(session, options),
    keepDevice: (response, label, value) =>
      response.cookie(device(label), value, { ...options, maxAge: DEVICE_DAYS * DAY_MS }),
  }
}

/** The first cookie of a name; all values of ours are hexadecimal digits. */
function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of (headers.cookie ?? "").split(";")) {
    const at = pair.indexOf("=")
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
