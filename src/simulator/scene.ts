/** The six scenes of DP-3T's field measurement (experiment 34), in the order of that day. */
export const SCENE_NAMES = ["lunch", "train", "office", "queue", "party", "movement"] as const
export type SceneName = (typeof SCENE_NAMES)[number]

/** Metres on a flat floor. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** People on a floor for some minutes. */
export interface Scene {
  readonly name: SceneName
  readonly people: readonly string[]
  /** Unix seconds; the scene covers [start, end). */
  readonly start: number
  readonly end: number
  /** Where a person stands. @throws RangeError for somebody who is not in `people`, or a time outside the scene */
  at(person: string, second: number): Point
}

/** One packet as the phone that received it saw it. */
export interface Packet {
  readonly receiver: string
  readonly transmitter: string
  /** Unix time in seconds, with a fraction of thousandths. */
  readonly second: number
  /** dBm, an integer. */
  readonly rssi: number
  /** dBm, an integer: attenuation = txPower − rssi. */
  readonly txPower: number
  /** True metres between the two at that second; null where nobody knows. Never seen by a phone. */
  readonly distance: number | null
}

/** What the phones of one scene received, sorted by `second`: made by `receive`, or read from a real measurement. */
export interface Recording {
  readonly name: SceneName
  readonly people: readonly string[]
  readonly start: number
  readonly end: number
  readonly packets: readonly Packet[]
}

export const metresBetween = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y)
