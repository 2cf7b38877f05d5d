import { code, fromHex, hex, sealedBox, signature } from "../../crypto/index.ts"
import type { Verifier } from "./check.ts"

interface SealedBoxFile {
  cases: {
    id: string
    recipient_secret: string
    recipient_public: string
    ephemeral_secret: string
    shared_secret: string
    message: string
    sealed: string
  }[]
  invalid: { id: string; recipient_secret: string; recipient_public: string; sealed: string }[]
}

const sealedBoxes: Verifier = (file, check) => {
  const { cases, invalid } = file as SealedBoxFile
  for (const c of cases) {
    const keys = sealedBox.keyPair(fromHex(c.recipient_secret))
    check.equal(`${c.id} public key`, hex(keys.publicKey), c.recipient_public)
    const shared = sealedBox.x25519.sharedSecret(fromHex(c.ephemeral_secret), keys.publicKey)
    check.equal(`${c.id} shared secret`, hex(shared), c.shared_secret)
    const random = { bytes: () => fromHex(c.ephemeral_secret) }
    check.equal(`${c.id} sealed`, hex(sealedBox.seal(fromHex(c.message), keys.publicKey, random)), c.sealed)
    const opened = sealedBox.open(fromHex(c.sealed), keys)
    check.equal(`${c.id} opened`, opened && hex(opened), c.message)
  }
  for (const c of invalid) {
    const keys = { publicKey: fromHex(c.recipient_public), secretKey: fromHex(c.recipient_secret) }
    check.ok(`${c.id} does not open`, sealedBox.open(fromHex(c.sealed), keys) === undefined, "it opened")
  }
}

interface Ed25519File {
  cases: { name: string; seed: string; verify_key: string; message: string; signature: string }[]
  invalid: { from: string; changed: string; verify_key: string; message: string; signature: string }[]
}

const signatures: Verifier = (file, check) => {
  const { cases, invalid } = file as Ed25519File
  const { verifyKey, sign, verify } = signature.ed25519
  for (const c of cases) {
    check.equal(`${c.name} key`, hex(verifyKey(fromHex(c.seed))), c.verify_key)
    check.equal(`${c.name} signature`, hex(sign(fromHex(c.message), fromHex(c.seed))), c.signature)
    check.ok(`${c.name} verifies`, verify(fromHex(c.message), fromHex(c.signature), fromHex(c.verify_key)))
  }
  for (const c of invalid) {
    const holds = verify(fromHex(c.message), fromHex(c.signature), fromHex(c.verify_key))
    check.ok(`${c.from}, ${c.changed}: does not verify`, !holds, "it verified")
  }
}

interface CodeFile {
  valid: { data: string; check: string; code: string }[]
  typed: { typed: string; code: string }[]
  wrong: { typed: string; what: string }[]
}

const codes: Verifier = (file, check) => {
  const { valid, typed, wrong } = file as CodeFile
  for (const c of valid) {
    const values = [...c.data].map(symbol => code.ALPHABET.indexOf(symbol))
    const random = { bytes: () => Uint8Array.of(0, 0, 0, values.shift() ?? 0) }
    check.equal(`code of ${c.data}`, code.generate(random), c.code)
    check.equal(`${c.code} is read`, code.parse(c.code), c.code)
    const good = [...code.ALPHABET].filter(symbol => code.parse(c.data + symbol) !== undefined)
    check.equal(`the one check symbol of ${c.data}`, good, [c.check])
  }
  for (const c of typed) check.equal(`"${c.typed}" is read`, code.parse(c.typed), c.code)
  for (const c of wrong)
    check.ok(`${c.what}: "${c.typed}" is refused`, code.parse(c.typed) === undefined, "was accepted")
}

/** By the file's `format`. */
export const primitiveVerifiers: Readonly<Record<string, Verifier>> = {
  "libsodium-sealed-box/1": sealedBoxes,
  "rfc8032-ed25519/1": signatures,
  "lindung-code/1": codes,
}
