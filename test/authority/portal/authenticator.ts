import { createHash, createSign, generateKeyPairSync, type KeyObject } from "node:crypto"

type Json = { readonly [member: string]: unknown }

const sha256 = (data: Uint8Array | string): Buffer => createHash("sha256").update(data).digest()
const url = (data: Uint8Array): string => Buffer.from(data).toString("base64url")

/** CBOR (RFC 8949) of what an authenticator says: integers, byte and text strings, maps. */
function cbor(value: number | string | Uint8Array | Map<unknown, unknown>): Buffer {
  const head = (major: number, n: number): Buffer =>
    n < 24
      ? Buffer.from([(major << 5) | n])
      : n < 256
        ? Buffer.from([(major << 5) | 24, n])
        : Buffer.from([(major << 5) | 25, n >> 8, n & 255])
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  const entries = [...value].flatMap(([key, one]) => [cbor(key as number), cbor(one as number)])
  return Buffer.concat([head(5, value.size), ...entries])
}

/** A passkey in software (WebAuthn Level 3, ES256, no attestation): a key pair, a counter, an origin it believes in. */
export class Authenticator {
  readonly id: string
  readonly #privateKey: KeyObject
  readonly #cose: Buffer
  readonly origin: string
  counter = 0

  constructor(origin: string, id: string) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const { x = "", y = "" } = publicKey.export({ format: "jwk" })
    this.origin = origin
    this.id = url(Buffer.from(id))
    this.#privateKey = privateKey
    this.#cose = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, "base64url")],
        [-3, Buffer.from(y, "base64url")],
      ]),
    )
  }

  #data(flags: number): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(++this.counter)
    return Buffer.concat([sha256(new URL(this.origin).hostname), Buffer.from([flags]), counter])
  }

  #client(type: string, challenge: unknown): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }))
  }

  /** What `navigator.credentials.create` resolves to. */
  create(options: Json): Json {
    const id = Buffer.from(this.id, "base64url")
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, this.#cose])
    const authData = Buffer.concat([this.#data(0x41), attested])
    const attestation = cbor(
      new Map<string, unknown>([
        ["fmt", "none"],
        ["attStmt", new Map()],
        ["authData", authData],
      ]),
    )
    const response = {
      clientDataJSON: url(this.#client("webauthn.create", options["challenge"])),
      attestationObject: url(attestation),
      transports: ["internal"],
    }
    return { id: this.id, rawId: this.id, type: "public-key", clientExtensionResults: {}, response }
  }

  /** What `navigator.credentials.get` resolves to. */
  get(options: Json): Json {
    const authenticatorData = this.#data(0x01)
    const client = this.#client("webauthn.get", options["challenge"])
    const signature = createSign("sha256")
      .update(Buffer.concat([authenticatorData, sha256(client)]))
      .sign(this.#privateKey)
    const response = {
      clientDataJSON: url(client),
      authenticatorData: url(authenticatorData),
      signature: url(signature),
    }
    return { id: this.id, rawId: this.id, type: "public-key", clientExtensionResults: {}, response }
  }
}
