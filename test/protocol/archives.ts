import { createCipheriv, createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { concat, ecdsa, type Random } from "../../src/crypto/index.ts"
import {
  ECDSA_SHA256,
  ExportError,
  type ExportErrorCode,
  type ExportKey,
  type ExportSigner,
  KeyTable,
  type TrustedKey,
  writeExport,
} from "../../src/protocol/export.ts"

const { ecdsaP256 } = ecdsa

/** Where other people's archives are, when they are there: none of them belongs to this project. */
export const DATA = join(process.env["LINDUNG_DATA"] ?? "../shared/data", "exports")
export const haveArchives = existsSync(DATA)
export const archive = (path: string): Uint8Array => readFileSync(join(DATA, path))
export const zipsIn = (folder: string): string[] =>
  readdirSync(join(DATA, folder))
    .filter(name => name.endsWith(".zip"))
    .map(name => `${folder}/${name}`)
export const operatorKey = (name: string): TrustedKey => ({
  publicKey: ecdsa.publicKeyFromPem(readFileSync(join(DATA, "pubkeys", `${name}.pem`), "utf8"))!,
})

export const SECRET = new Uint8Array(32).fill(7)
export const PUBLIC_KEY = ecdsaP256.publicKey(SECRET)
export const signer = (keyId: string, secret = SECRET): ExportSigner => ({
  info: { keyId, keyVersion: "v1", algorithm: ECDSA_SHA256 },
  sign: message => ecdsaP256.sign(message, secret),
})
export const TRUSTED: TrustedKey = { publicKey: PUBLIC_KEY, keyId: "222", keyVersion: "v1" }

export const key = (i: number, more: Partial<ExportKey> = {}): ExportKey => ({
  tek: Uint8Array.from({ length: 16 }, (_, k) => (i >>> (8 * (k % 4))) ^ (k * 37)),
  rollingStart: 2_660_000 + i,
  rollingPeriod: 144,
  ...more,
})

/** One archive of ten keys, signed as "222" v1. */
export const someZip = (keys = Array.from({ length: 10 }, (_, i) => key(i))): Uint8Array =>
  writeExport({
    keys: KeyTable.from(keys),
    start: 1_600_000_000,
    end: 1_600_007_200,
    region: "222",
    signers: [signer("222")],
  })[0]!

interface Entry {
  readonly name: string
  readonly data: Uint8Array
  /** What the directory says in place of the truth. */
  readonly claims?: Partial<{
    method: number
    flags: number
    crc: number
    unpacked: number
    local: number
    name: string
  }>
}

/** A zip made by hand, stored and not deflated, so that every lie can be told. */
export function zipOf(
  entries: readonly Entry[],
  deflated: (data: Uint8Array) => Uint8Array = data => data,
): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const { name, data, claims = {} } of entries) {
    const packed = deflated(data)
    const local = Buffer.alloc(30 + name.length)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(8, 6)
    local.writeUInt16LE(name.length, 26)
    local.write(claims.name ?? name, 30, "latin1")
    const central = Buffer.alloc(46 + name.length)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(claims.flags ?? 8, 8)
    central.writeUInt16LE(claims.method ?? (packed === data ? 0 : 8), 10)
    central.writeUInt32LE(claims.crc ?? checksum(data), 16)
    central.writeUInt32LE(packed.length, 20)
    central.writeUInt32LE(claims.unpacked ?? data.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(claims.local ?? at, 42)
    central.write(name, 46, "latin1")
    parts.push(local, packed)
    directory.push(central)
    at += local.length + packed.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return concat(...parts, ...directory, end)
}

const checksum = (data: Uint8Array): number => crc32(data)

/** The code and field with which something is refused. @throws when it is not refused, or not by an ExportError */
export function refusal(work: () => unknown): { code: ExportErrorCode; file: string; field: string } {
  try {
    work()
  } catch (error) {
    if (error instanceof ExportError) return { code: error.code, file: error.file, field: error.field }
    throw error
  }
  throw new Error("it was not refused")
}

/** A reproducible source: AES-256-CTR under the hash of a label. */
export function seeded(label: string): Random {
  const stream = createCipheriv("aes-256-ctr", createHash("sha256").update(label).digest(), Buffer.alloc(16))
  return { bytes: n => new Uint8Array(stream.update(Buffer.alloc(n))) }
}
