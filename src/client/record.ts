import { concat, EPHID_BYTES, fromAscii, type Random, time, uniform } from "../crypto/index.ts"
import { type Calibration, UNCALIBRATED } from "./calibration.ts"
import { Crowd, returns, SCAN_CAP, thin } from "./crowd.ts"
import type { Sighting, WriteTx } from "./ports.ts"
import type { Scan } from "./risk/index.ts"

/** How the radio is asked to listen: this long, this often. Phones that saved power did so in the field. */
export const SCAN_PLAN = { windowMs: 4_000, everyMs: 240_000 } as const
/** A scan stands for the time since the one before it, up to here; GAEN's windows do the same. */
const MAX_GAP_SECONDS = 300
/** Where a beacon does not say its transmit power: the value of the DP-3T apps. */
const DEFAULT_TX_POWER = 12
export const MAX_ATTENUATION = 127
/** How far ahead of the clock a packet may be stamped, and how far behind: radios hand over what they gathered. */
const MAX_AHEAD_SECONDS = 60
export const MAX_BEHIND_SECONDS = 3600

/*
 * measurement: 8 bytes a scan
 *   u8   smallest attenuation, dB
 *   u8   mean attenuation, dB
 *   u16  seconds the scan stands for
 *   u32  random number of the scan: what was heard together counts once against the clock. It says neither when nor
 *        in which order.
 */
export const SCAN_BYTES = 8

export function encodeScans(scans: readonly Scan[]): Uint8Array {
  const bytes = new Uint8Array(SCAN_BYTES * scans.length)
  const view = new DataView(bytes.buffer)
  scans.forEach(({ min, typical, seconds, scanId = 0 }, i) => {
    const at = SCAN_BYTES * i
    view.setUint8(at, min)
    view.setUint8(at + 1, typical)
    view.setUint16(at + 2, seconds)
    view.setUint32(at + 4, scanId)
  })
  return bytes
}

export function parseScans(bytes: Uint8Array): Scan[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const scans: Scan[] = []
  for (let at = 0; at + SCAN_BYTES <= bytes.length; at += SCAN_BYTES)
    scans.push({
      min: view.getUint8(at),
      typical: view.getUint8(at + 1),
      seconds: view.getUint16(at + 2),
      scanId: view.getUint32(at + 4),
    })
  return scans
}

/** Why packets were not kept. */
export interface Dropped {
  length: number
  strength: number
  future: number
  past: number
  /** Of identifiers that gave way because more was heard than is kept. */
  crowd: number
  /** Identifiers, not packets. */
  storage: number
}

export const NOTHING_DROPPED: Readonly<Dropped> = { length: 0, strength: 0, future: 0, past: 0, crowd: 0, storage: 0 }

interface Pending {
  readonly payload: Uint8Array
  readonly at: number
  min: number
  sum: number
  packets: number
  readonly rank: number
}

interface Running {
  readonly id: number
  readonly second: number
  last: number
  readonly heard: Map<string, Pending>
  /** The lowest rank that is still taken. */
  floor: number
}

/**
 * Turns packets into scans. What is in memory is the scan that is going on, who was heard in the one before, and when
 * that was; everything else goes to the store, coarse.
 */
export class Recorder {
  readonly dropped: Dropped = { ...NOTHING_DROPPED }
  readonly #random: Random
  readonly #payloadBytes: number
  readonly #calibration: Calibration
  readonly #crowd: Crowd
  #scan: Running | undefined
  #before: { second: number; scanId: number; seconds: number } | undefined

  constructor(random: Random, calibration: Calibration = UNCALIBRATED, payloadBytes: number = EPHID_BYTES) {
    this.#random = random
    this.#calibration = calibration
    this.#payloadBytes = payloadBytes
    this.#crowd = new Crowd(random)
  }

  /**
   * Takes one packet.
   * @param second the clock that never goes back: what the temporary marks go by
   * @param now the wall clock, in seconds
   * @returns the scan before this one, when this packet begins another; the caller has it written (reservoir.ts)
   */
  hear(sighting: Sighting, second: number, now: number): Closed | undefined {
    const at = Math.floor(sighting.at / 1000)
    const { payload, rssi, txPower = DEFAULT_TX_POWER, scanId } = sighting
    const attenuation = Math.round(txPower - (rssi + this.#calibration.rssi))
    if (payload.length !== this.#payloadBytes) this.dropped.length++
    else if (!(attenuation >= 0 && attenuation <= MAX_ATTENUATION)) this.dropped.strength++
    else if (!(at <= now + MAX_AHEAD_SECONDS)) this.dropped.future++
    else if (at < now - MAX_BEHIND_SECONDS) this.dropped.past++
    else {
      const closed = this.#scan?.id === scanId ? undefined : this.close()
      this.#scan ??= this.#begin(scanId, second)
      this.#scan.last = Math.max(this.#scan.last, second)
      this.#add(this.#scan, payload, attenuation, Math.min(at, now))
      return closed
    }
    return undefined
  }

  #begin(id: number, second: number): Running {
    this.#crowd.begin(time.bucket(second))
    return { id, second, last: second, heard: new Map(), floor: 0 }
  }

  #add(scan: Running, payload: Uint8Array, attenuation: number, at: number): void {
    const id = fromAscii(payload)
    const pending = scan.heard.get(id)
    if (pending) {
      pending.min = Math.min(pending.min, attenuation)
      pending.sum += attenuation
      pending.packets++
      return
    }
    const rank = this.#crowd.rank(payload)
    if (rank < scan.floor) {
      this.dropped.crowd++
      return
    }
    const first = { payload: new Uint8Array(payload), at }
    scan.heard.set(id, { ...first, min: attenuation, sum: attenuation, packets: 1, rank })
    // Thinned out when there are twice as many: sorting at every packet would be what a crowd costs.
    if (scan.heard.size >= 2 * SCAN_CAP) this.#thin(scan)
  }

  #thin(scan: Running): void {
    for (const [, { rank, packets }] of thin(scan.heard, SCAN_CAP)) {
      this.dropped.crowd += packets
      scan.floor = Math.max(scan.floor, rank)
    }
  }

  /** Ends the scan that is going on. */
  close(): Closed | undefined {
    const scan = this.#scan
    this.#scan = undefined
    if (scan === undefined) return undefined
    this.#thin(scan)
    this.#crowd.end()
    const { second, last } = scan
    const scanId = uniform(this.#random, 2 ** 32)
    const before = this.#before
    const begun = before?.second ?? second - SCAN_PLAN.everyMs / 1000
    const seconds = Math.round(Math.min(second - begun, MAX_GAP_SECONDS))
    this.#before = { second, scanId, seconds }
    const heard = [...scan.heard.values()].map(({ payload, at: heardAt, min, sum, packets, rank }) => {
      const attenuation = { min, typical: Math.round(sum / packets) }
      const earlier =
        before && returns(rank) ? { ...attenuation, seconds: before.seconds, scanId: before.scanId } : undefined
      return { payload, at: heardAt, scan: { ...attenuation, seconds, scanId }, ...(earlier && { earlier }) }
    })
    // The mark is of the last packet: a second is never rounded to an earlier one (protocol §3).
    return { second: last, heard }
  }
}

export interface Closed {
  /** When its last packet came, by the clock that never goes back. */
  readonly second: number
  /** Each identifier, with the wall clock when it was first heard: an epoch may begin while a scan goes on. */
  readonly heard: readonly HeardInScan[]
}

export interface HeardInScan {
  readonly payload: Uint8Array
  readonly at: number
  readonly scan: Scan
  /** The scan before, where it was heard in that one, too; with the attenuation of this one. */
  readonly earlier?: Scan
}

/**
 * Adds scans to those that stand under a key. They lie in the order of their random numbers: that of arrival would
 * tell how a meeting went.
 */
export async function append(tx: WriteTx, key: Uint8Array, scans: Uint8Array): Promise<void> {
  const known = await tx.get(key)
  if (known === undefined && scans.length === SCAN_BYTES) return tx.put(key, scans)
  const all = parseScans(known ? concat(known, scans) : scans)
  tx.put(key, encodeScans(all.sort((a, b) => (a.scanId ?? 0) - (b.scanId ?? 0))))
}
