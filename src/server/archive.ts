import { concat, ecdsa, time } from "../crypto/index.ts"
import { type ExportSigner, KeyTable, writeExport } from "../protocol/export.ts"
import { parseArchiveEntry } from "../protocol/index.ts"

/** A P-256 key that signs archives, by the name under which other systems know it. */
export interface ExportKey {
  /** verification_key_id, often the region. */
  readonly id: string
  /** verification_key_version. */
  readonly version: string
  /** 32 bytes, the scalar. */
  readonly secretKey: Uint8Array
}

/** Whose archives these are. */
export interface Exporting {
  readonly region: string
  /**
   * Newest first; each signs every archive. To replace a key, put a new one in front, wait until every app and system
   * trusts it, and take the old one away: at no time does anybody see an archive that he cannot verify.
   */
  readonly keys: readonly ExportKey[]
}

/** What a configuration says of archives: nothing, unless a design publishes them. */
export const exportingOf = (config: {
  readonly exportRegion?: string | undefined
  readonly exportKeys?: readonly ExportKey[] | undefined
}): Exporting | undefined =>
  config.exportRegion === undefined || config.exportKeys === undefined
    ? undefined
    : { region: config.exportRegion, keys: config.exportKeys }

/** Portable on purpose: the platform's ECDSA is not deterministic, and one archive has one form. */
const CURVE = ecdsa.ecdsaP256

const signerOf = ({ id, version, secretKey }: ExportKey): ExportSigner => ({
  info: { keyId: id, keyVersion: version, algorithm: "" },
  sign: message => CURVE.sign(message, secretKey),
})

/**
 * The archive of a bucket: its keys by their bytes, each once, from its first to its last second.
 * @param entries as `archiveEntry` makes them
 * @returns the zip, and how many keys are in it
 */
export function makeArchive(
  entries: readonly Uint8Array[],
  bucket: number,
  { region, keys: signing }: Exporting,
): { zip: Uint8Array; count: number } {
  // Every token says that somebody tested positive; it says nothing else, and is used once: nothing is ever revised.
  const keys = KeyTable.from(
    entries.map(entry => ({ ...parseArchiveEntry(entry), reportType: "confirmed-test" as const })),
  )
  const [zip] = writeExport({
    keys,
    start: time.bucketStart(bucket),
    end: time.bucketStart(bucket + 1),
    region,
    signers: signing.map(signerOf),
    // One batch has one archive, whatever its size: a batch is named by its bucket.
    maxKeysPerFile: Math.max(1, keys.length),
  })
  return { zip: zip!, count: keys.distinct().length }
}

/** The public halves, as other systems' operators read them. */
export const exportKeysFile = ({ keys }: Exporting): Uint8Array =>
  concat(...keys.map(({ secretKey }) => new TextEncoder().encode(ecdsa.publicKeyToPem(CURVE.publicKey(secretKey)))))
