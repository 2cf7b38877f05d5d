import type { Recording } from "../scene.ts"

/** What one phone heard of another in one scan. */
export interface Link {
  readonly recording: number
  readonly receiver: string
  readonly transmitter: string
  /** Unix seconds of the scan's first packet. */
  readonly begins: number
  /** dBm of each packet. */
  readonly levels: readonly number[]
  readonly mean: number
  /** Σ (level − mean)² */
  readonly squares: number
  /** Metres, the mean of those that are known; null where none is. */
  readonly metres: number | null
}

/** Packets of one receiver belong to one scan unless this many seconds pass without any: a scan lasts four. */
const SCAN_GAP_SECONDS = 20

/** The scans of every phone: packet numbers, in the order of time. */
function scans(recording: Recording): number[][] {
  const open = new Map<string, number[]>()
  const all: number[][] = []
  recording.packets.forEach((packet, i) => {
    const current = open.get(packet.receiver)
    const last = current && recording.packets[current[current.length - 1]!]!.second
    if (current && packet.second - last! <= SCAN_GAP_SECONDS) current.push(i)
    else {
      const fresh = [i]
      open.set(packet.receiver, fresh)
      all.push(fresh)
    }
  })
  return all
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Groups the packets of each recording into scans, and each scan into links. Packets are in the order of time. */
export function links(recordings: readonly Recording[]): Link[] {
  return recordings.flatMap((recording, number) =>
    scans(recording).flatMap(scan => {
      const packets = scan.map(i => recording.packets[i]!)
      const heard = new Map<string, typeof packets>()
      for (const packet of packets) {
        const list = heard.get(packet.transmitter)
        if (list) list.push(packet)
        else heard.set(packet.transmitter, [packet])
      }
      return [...heard].map(([transmitter, list]): Link => {
        const levels = list.map(packet => packet.rssi)
        const mean = sum(levels) / levels.length
        const known = list.flatMap(packet => (packet.distance === null ? [] : [packet.distance]))
        return {
          recording: number,
          receiver: packets[0]!.receiver,
          transmitter,
          begins: packets[0]!.second,
          levels,
          mean,
          squares: sum(levels.map(level => (level - mean) ** 2)),
          metres: known.length > 0 ? sum(known) / known.length : null,
        }
      })
    }),
  )
}

/** Seconds between the beginnings of a phone's successive scans in one recording, ascending. */
export function scanIntervals(all: readonly Link[]): number[] {
  const begins = new Map<string, Set<number>>()
  for (const link of all) {
    const key = `${link.recording} ${link.receiver}`
    const set = begins.get(key)
    if (set) set.add(link.begins)
    else begins.set(key, new Set([link.begins]))
  }
  return [...begins.values()]
    .flatMap(set => {
      const times = [...set].sort((a, b) => a - b)
      return times.slice(1).map((time, i) => time - times[i]!)
    })
    .sort((a, b) => a - b)
}
