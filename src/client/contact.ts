import { concat, sha256, u32 } from "../crypto/index.ts"
import { onsetByte, parseOnsetByte, Reader } from "../protocol/index.ts"
import { openMetadata, PAYLOAD_BYTES, splitPayload } from "./gaen/broadcast.ts"
import { encodeScans, MAX_ATTENUATION, parseScans } from "./record.ts"
import type { ContactFacts, Scan } from "./risk/index.ts"

/*
 * id of a matched observation of design 4 (27 bytes)
 *   20  what was heard: RPI ‖ AEM
 *   u8  report type
 *   u8  days since onset + 100; 0 when they are not said
 *   u8  calibration of the sender, 0 … 3
 *   u32 contact: the first bytes of H(TEK), the same for all that was heard of one key
 */
const CONTACT_BYTES = PAYLOAD_BYTES + 1 + 1 + 1 + 4

/** What a published key says of somebody who was heard, and what he said of himself. */
export interface Contact extends Pick<ContactFacts, "reportType" | "calibration"> {
  readonly daysSinceOnset?: number
  /** The same for all that was heard of one key. */
  readonly contact: number
}

/** What an archive says of a key. */
export interface PublishedFacts {
  readonly tek: Uint8Array
  readonly reportType: number
  readonly daysSinceOnset?: number
}

/**
 * What is known of a beacon whose key was published, and the transmit power, in dBm, that was encrypted in it.
 * @param payload 20 bytes
 */
export function contactOf(payload: Uint8Array, of: PublishedFacts): Contact & { readonly txPower: number } {
  const { rpi, aem } = splitPayload(payload)
  const { txPower, calibrationConfidence } = openMetadata(of.tek, rpi, aem)
  return {
    reportType: of.reportType,
    calibration: calibrationConfidence,
    // Farther from the onset no rule looks, and nothing is kept.
    ...parseOnsetByte(onsetByte(of.daysSinceOnset)),
    contact: new Reader("hash", sha256(of.tek)).u32(),
    txPower,
  }
}

/**
 * The id of a matched observation of which nobody must be recognised any more: numbers stand for what was heard, and for the
 * key it was of.
 */
export const withoutIdentifier = (id: Uint8Array, number: number, contact: number): Uint8Array =>
  id.length === CONTACT_BYTES
    ? concat(new Uint8Array(PAYLOAD_BYTES - 4), u32(number), id.slice(PAYLOAD_BYTES, -4), u32(contact))
    : concat(new Uint8Array(id.length - 4), u32(number))

/** The id under which a matched beacon is kept. */
export const contactId = (payload: Uint8Array, of: Contact): Uint8Array<ArrayBuffer> =>
  concat(payload, Uint8Array.of(of.reportType, onsetByte(of.daysSinceOnset), of.calibration), u32(of.contact))

/** What such an id says; undefined for one of another design. */
export function parseContactId(id: Uint8Array): (Contact & { readonly payload: Uint8Array }) | undefined {
  if (id.length !== CONTACT_BYTES) return undefined
  const reader = new Reader("contact", id)
  const payload = reader.take(PAYLOAD_BYTES)
  const reportType = reader.u8()
  const said = parseOnsetByte(reader.u8())
  const calibration = reader.u8()
  return { payload, reportType, ...said, calibration, contact: reader.u32() }
}

/** Scans whose attenuations were taken for a transmit power of 0 dBm, now that it is known. */
export function withPower(value: Uint8Array, txPower: number): Uint8Array {
  const shifted = (dB: number): number => Math.min(MAX_ATTENUATION, Math.max(0, dB + txPower))
  return encodeScans(
    parseScans(value).map(({ min, typical, ...scan }) => ({ ...scan, min: shifted(min), typical: shifted(typical) })),
  )
}

/** The intervals of one window: half an hour, as other systems cut them. */
const WINDOW_INTERVALS = 3

/** A window of exposure to one key that begins in an interval. */
export interface ContactWindow {
  readonly day: number
  readonly interval: number
  readonly of: Contact
  readonly scans: Scan[]
}

/**
 * Puts what was heard of one key within half an hour together: its identifiers change three times in it, and the rules
 * of deployed apps count windows and not identifiers.
 * @param matched ascending by interval
 */
export function contactWindows(
  matched: Iterable<{ day: number; interval: number; of: Contact; scans: readonly Scan[] }>,
): ContactWindow[] {
  const windows: ContactWindow[] = []
  const newest = new Map<string, ContactWindow>()
  for (const { day, interval, of, scans } of matched) {
    const name = `${day} ${of.contact}`
    let window = newest.get(name)
    if (window === undefined || interval >= window.interval + WINDOW_INTERVALS) {
      window = { day, interval, of, scans: [] }
      newest.set(name, window)
      windows.push(window)
    }
    for (const scan of scans) addScan(window.scans, scan)
  }
  return windows
}

/** One scan that heard two identifiers of a key, as at the turn of an interval, is one scan. */
function addScan(scans: Scan[], scan: Scan): void {
  const at = scans.findIndex(({ scanId }) => scanId === scan.scanId)
  const known = scans[at]
  if (known === undefined) scans.push(scan)
  else
    scans[at] = {
      ...known,
      min: Math.min(known.min, scan.min),
      typical: Math.round((known.typical + scan.typical) / 2),
      seconds: Math.max(known.seconds, scan.seconds),
    }
}
