import { base64, fromBase64, type Random } from "../../crypto/index.ts"
import type { Passkey, User } from "./store.ts"

const CHALLENGE_BYTES = 32
const TIMEOUT_MS = 120_000

/** JSON of WebAuthn Level 3; its members are checked by the library that reads it. */
export type WebauthnJson = { readonly [member: string]: unknown }

interface Asked {
  readonly options: WebauthnJson
  /** base64url, to be kept until the answer comes. */
  readonly challenge: string
}

/** Passkeys (WebAuthn Level 3): what a browser is asked, and whether what it answers is right. */
export interface Passkeys {
  askToEnrol(user: User, random: Random): Promise<Asked>
  /** The new passkey, or undefined for an answer that is not right. */
  enrol(response: WebauthnJson, challenge: string): Promise<Omit<Passkey, "label" | "addedDay"> | undefined>
  ask(user: User, random: Random): Promise<Asked>
  /** The passkey that answered, with its new counter, or undefined for an answer that is not right. */
  accept(user: User, response: WebauthnJson, challenge: string): Promise<Passkey | undefined>
}

const toUrl = (bytes: Uint8Array): string => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")

const fromUrl = (text: string): Uint8Array<ArrayBuffer> =>
  fromBase64(
    text
      .replaceAll("-", "+")
      .replaceAll("_", "/")
      .padEnd(Math.ceil(text.length / 4) * 4, "="),
  ) ?? new Uint8Array()

/** @param origin of the portal's pages: passkeys are bound to its host name */
export async function passkeys(origin: string, rpName: string): Promise<Passkeys> {
  const webauthn = await import("@simplewebauthn/server")
  const rpID = new URL(origin).hostname
  const challengeOf = (random: Random) => random.bytes(CHALLENGE_BYTES) as Uint8Array<ArrayBuffer>
  const listed = ({ passkeys: known }: User) => known.map(({ id, transports }) => ({ id, transports: [...transports] }))
  const expected = (challenge: string) => ({
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    requireUserVerification: false,
  })

  return {
    async askToEnrol(user, random) {
      const options = await webauthn.generateRegistrationOptions({
        rpName,
        rpID,
        userName: user.name,
        challenge: challengeOf(random),
        timeout: TIMEOUT_MS,
        attestationType: "none",
        excludeCredentials: listed(user),
        // The password is the first factor: the passkey need neither be found without a name nor ask for a PIN.
        authenticatorSelection: { residentKey: "discouraged", userVerification: "preferred" },
      })
      return { options: { ...options }, challenge: options.challenge }
    },

    async enrol(response, challenge) {
      const verified = await webauthn
        .verifyRegistrationResponse({ ...expected(challenge), response: response as never })
        .catch(() => undefined)
      if (!verified?.verified) return undefined
      const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential
      return { id, publicKey: toUrl(publicKey), counter, transports: transports.filter(isWord).slice(0, 8) }
    },

    async ask(user, random) {
      const options = await webauthn.generateAuthenticationOptions({
        rpID,
        challenge: challengeOf(random),
        timeout: TIMEOUT_MS,
        allowCredentials: listed(user),
        userVerification: "preferred",
      })
      return { options: { ...options }, challenge: options.challenge }
    },

    async accept(user, response, challenge) {
      const passkey = user.passkeys.find(({ id }) => id === response["id"])
      if (passkey === undefined) return undefined
      const { id, publicKey, counter, transports } = passkey
      const credential = { id, publicKey: fromUrl(publicKey), counter, transports: [...transports] }
      const verified = await webauthn
        .verifyAuthenticationResponse({ ...expected(challenge), response: response as never, credential })
        .catch(() => undefined)
      return verified?.verified ? { ...passkey, counter: verified.authenticationInfo.newCounter } : undefined
    },
  }
}

const isWord = (text: unknown): text is string => typeof text === "string" && /^[a-z-]{1,32}$/.test(text)
