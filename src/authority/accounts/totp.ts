import { ascii, base64, concat, fromBase64, hmacSha256, type Random, secretBox } from "../../crypto/index.ts"

const SECRET_BYTES = 20
const DIGITS = 6
const STEP_SECONDS = 30
/** Clocks differ, and people type slowly: the step before and the one after count as well. */
const WINDOW = 1

/** Time-based one-time passwords (RFC 6238 with SHA-1, six digits, steps of 30 seconds: what every authenticator can). */
export interface Totp {
  /** A fresh secret: encrypted for the store, in base 32 to be typed, and as an otpauth:// address. */
  fresh(user: string, random: Random): { readonly sealed: string; readonly secret: string; readonly uri: string }
  /** The step whose code this is, when it is near now and later than the last one that was accepted. */
  accept(sealed: string, code: string, now: number, lastStep: number): number | undefined
}

/** @param issuer shown beside the name in the authenticator */
export async function totps(hashKey: Uint8Array, issuer: string): Promise<Totp> {
  const { HOTP, Secret, TOTP } = await import("otpauth")
  const key = hmacSha256(hashKey, concat(ascii("lindung/authority/totp/1")))
  const secretOf = (bytes: Uint8Array<ArrayBuffer>) => new Secret({ buffer: bytes.slice().buffer })

  return {
    fresh(user, random) {
      const bytes = random.bytes(SECRET_BYTES) as Uint8Array<ArrayBuffer>
      const secret = secretOf(bytes)
      const totp = new TOTP({ issuer, label: user, secret, digits: DIGITS, period: STEP_SECONDS, algorithm: "SHA1" })
      return { sealed: base64(secretBox.seal(bytes, key, random)), secret: secret.base32, uri: totp.toString() }
    },
    accept(sealed, code, now, lastStep) {
      const bytes = secretBox.open(fromBase64(sealed) ?? new Uint8Array(), key)
      if (bytes === undefined || !/^[0-9]{6}$/.test(code)) return undefined
      const counter = Math.floor(now / STEP_SECONDS)
      const options = {
        token: code,
        secret: secretOf(bytes),
        digits: DIGITS,
        algorithm: "SHA1",
        counter,
        window: WINDOW,
      }
      const delta = HOTP.validate(options)
      const step = delta === null ? -1 : counter + delta
      return step > lastStep ? step : undefined
    },
  }
}
