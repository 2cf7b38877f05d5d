import type { ExportArchive, KeyTable } from "../../protocol/export.ts"
import { openMetadata } from "./broadcast.ts"
import { type Heard, type MatchOptions, match } from "./match.ts"

/** One advertisement as it was heard. */
export interface Packet extends Heard {
  /** 4 bytes. */
  readonly aem: Uint8Array
  /** dBm. */
  readonly rssi: number
  /** Unix second of the scan before this one, where it is known. */
  readonly previousScan?: number
}

/** A packet whose metadata could be read, because its key was published. */
export interface Sighting {
  /** Unix seconds. */
  readonly at: number
  readonly rssi: number
  /** dBm, as the sender said it. */
  readonly txPower: number
  /** 0 to 3. */
  readonly calibration: number
  readonly previousScan?: number
}

/** All that was heard of one published key, with what the authority says about it: the stuff of exposure windows. */
export interface GaenExposure {
  /** 16 bytes. */
  readonly tek: Uint8Array
  readonly rollingStart: number
  /** 0 unknown, 1 confirmed test, 2 clinical diagnosis, 3 self-report, 4 recursive, 5 revoked. */
  readonly reportType: number
  /** Of symptoms, on the key's day. */
  readonly daysSinceOnset?: number
  readonly transmissionRisk?: number
  /** In a list of revised keys: replaces what an earlier file said of this key, and takes it back when revoked. */
  readonly revised: boolean
  /** In the order of time. */
  readonly sightings: readonly Sighting[]
}

/**
 * What a phone heard of the keys of one archive. A key that is both new and revised counts as revised only.
 * @param packets in any order
 */
export function exposures(
  archive: Pick<ExportArchive, "keys" | "revisedKeys">,
  packets: readonly Packet[],
  options: MatchOptions = {},
): GaenExposure[] {
  const revised = exposuresOf(archive.revisedKeys, packets, options, true)
  const isRevised = ({ tek, rollingStart }: GaenExposure): boolean =>
    revised.some(other => other.rollingStart === rollingStart && other.tek.every((byte, i) => byte === tek[i]))
  return [...revised, ...exposuresOf(archive.keys, packets, options, false).filter(exposure => !isRevised(exposure))]
}

function exposuresOf(
  keys: KeyTable,
  packets: readonly Packet[],
  options: MatchOptions,
  revised: boolean,
): GaenExposure[] {
  const heard = new Map<number, Set<number>>()
  for (const { key, heard: place } of match(keys, packets, options))
    heard.set(key, (heard.get(key) ?? new Set()).add(place))
  return [...heard].map(([row, places]) => {
    const { tek, rollingStart, daysSinceOnset, transmissionRisk } = keys.row(row)
    return {
      tek,
      rollingStart,
      reportType: keys.reportTypeNumber(row),
      ...(daysSinceOnset === undefined ? {} : { daysSinceOnset }),
      ...(transmissionRisk === undefined ? {} : { transmissionRisk }),
      revised,
      sightings: [...places].map(place => sighting(tek, packets[place]!)).sort((a, b) => a.at - b.at),
    }
  })
}

function sighting(tek: Uint8Array, { rpi, aem, rssi, at, previousScan }: Packet): Sighting {
  const { txPower, calibrationConfidence } = openMetadata(tek, rpi, aem)
  return {
    at,
    rssi,
    txPower,
    calibration: calibrationConfidence,
    ...(previousScan === undefined ? {} : { previousScan }),
  }
}
