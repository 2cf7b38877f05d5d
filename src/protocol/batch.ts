import { equal, time } from "../crypto/index.ts"
import { type ArchiveBatch, type KeyBatch, readArchive } from "./archive-batch.ts"
import { readHeader } from "./batch-header.ts"
import { type Design, firstSlot, slotStart } from "./design.ts"
import { dayOfKey, isDeadBy, parseExposureKey } from "./exposure-key.ts"
import { type FilterBatch, itemOf, mayContain, readFilter } from "./filter-batch.ts"
import type { ParameterSet } from "./parameters.ts"
import { readGroups, type SecretBatch } from "./secret-batch.ts"
import { Reader } from "./wire.ts"

export type Batch = SecretBatch | FilterBatch | ArchiveBatch
/** A batch with all that it publishes: one of design 4 comes with its archive. */
export type WholeBatch = SecretBatch | FilterBatch | KeyBatch

const READERS = { secrets: readGroups, filter: readFilter, archive: readArchive } as const

/** @throws LindungError format for anything but a canonical batch */
export function parseBatch(file: Uint8Array): Batch {
  const reader = new Reader("batch", file)
  const header = readHeader(reader)
  const batch = READERS[header.design.publishes](reader, header)
  reader.end()
  return batch
}

/**
 * Whether a batch is one that can be published under its parameter set; a phone refuses any other.
 *
 * Secrets: every group's slot begins before the bucket's end, and is not older than the days a report covers: a chain
 * of day keys would otherwise be followed for years. A filter: its fingerprints have the set's length, or it would
 * match more strangers than was announced. Keys of an archive: the same days, and no key can be heard any more.
 */
export function isAllowed(batch: Batch | KeyBatch, parameters: ParameterSet): boolean {
  if (batch.holds === "filter") return batch.filter.fingerprintBits === parameters.fingerprintBits
  if (batch.holds === "archive") return true
  const { design, bucket } = batch
  const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
  const oldest = firstSlot(design, time.day(end - 1), parameters)
  if (batch.holds === "keys")
    return [batch.keys, batch.revisedKeys].every(({ rollingStarts, rollingPeriods }) =>
      rollingStarts.every((rollingStart, row) => {
        const key = { rollingStart, rollingPeriod: rollingPeriods[row]! }
        return dayOfKey(key) >= oldest && isDeadBy(key, bucket)
      }),
    )
  return batch.groups.every(({ slot }) => slot >= oldest && slotStart(design, slot, parameters) < end)
}

/** What a batch holds of a revealed secret: the secret, or x (2), so that nobody can publish x of a stranger's EphID. */
export const entryOf = (design: Design, slot: number, secret: Uint8Array): Uint8Array =>
  design.publishes === "filter" ? itemOf(secret, slot) : secret

/** Whether the secret of a slot is published in a batch; in a filter, all but certainly. @throws TypeError without keys */
export function isPublished(batch: Batch | KeyBatch, slot: number, secret: Uint8Array): boolean {
  if (batch.holds === "archive") throw new TypeError("batch: expected it with the keys of its archive")
  if (batch.holds === "filter") return mayContain(batch, entryOf(batch.design, slot, secret))
  if (batch.holds === "keys") return hasKey(batch, secret)
  const secrets = batch.groups.find(group => group.slot === slot)?.secrets
  for (let at = 0; secrets !== undefined && at < secrets.length; at += secret.length)
    if (equal(secrets.subarray(at, at + secret.length), secret)) return true
  return false
}

function hasKey({ keys }: KeyBatch, secret: Uint8Array): boolean {
  const { tek, rollingStart, rollingPeriod } = parseExposureKey(secret)
  for (let row = 0; row < keys.length; row++)
    if (
      keys.rollingStarts[row] === rollingStart &&
      keys.rollingPeriods[row] === rollingPeriod &&
      equal(keys.tek(row), tek)
    )
      return true
  return false
}
