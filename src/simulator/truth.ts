import { metresBetween, type Recording, type Scene } from "./scene.ts"

export const NEAR_METRES = 2
export const NEAR_SECONDS = 15 * 60

/** How long two people were within two metres of each other; a stands before b in the order of the scene's people. */
export interface Meeting {
  readonly a: string
  readonly b: string
  readonly nearSeconds: number
  /** Seconds of the scene in which nobody knows how far apart they were. */
  readonly unknownSeconds: number
}

/** "unknown": the seconds that nobody knows would decide. */
export type Verdict = "near" | "apart" | "unknown"

/** Did they spend `seconds` or more within two metres? */
export function verdict(meeting: Meeting, seconds: number = NEAR_SECONDS): Verdict {
  if (meeting.nearSeconds >= seconds) return "near"
  return meeting.nearSeconds + meeting.unknownSeconds < seconds ? "apart" : "unknown"
}

/** Two known distances of a pair that are further apart in time are not joined up. */
const LONGEST_GAP_SECONDS = 300

function pairs(people: readonly string[]): [string, string][] {
  return people.flatMap((a, i) => people.slice(i + 1).map((b): [string, string] => [a, b]))
}

/** Counted second by second from where everybody stood. */
export function truthOfPositions(scene: Scene): Meeting[] {
  const seconds: number[] = []
  for (let t = scene.start; t < scene.end; t++) seconds.push(t)
  const ways = new Map(scene.people.map(person => [person, seconds.map(t => scene.at(person, t))]))
  return pairs(scene.people).map(([a, b]) => {
    const [left, right] = [ways.get(a)!, ways.get(b)!]
    const nearSeconds = left.reduce((sum, point, i) => sum + Number(metresBetween(point, right[i]!) <= NEAR_METRES), 0)
    return { a, b, nearSeconds, unknownSeconds: 0 }
  })
}

/** The part of a straight way from distance d₀ to d₁ that lies within two metres. */
function nearShare(d0: number, d1: number): number {
  if (d0 <= NEAR_METRES && d1 <= NEAR_METRES) return 1
  if (d0 > NEAR_METRES && d1 > NEAR_METRES) return 0
  return (NEAR_METRES - Math.min(d0, d1)) / Math.abs(d1 - d0)
}

/**
 * From the distances that the packets carry, whichever of the two received them. Between two packets at most five
 * minutes apart (the longest time between two scans of a phone) the distance is taken to change evenly. Everything
 * else is unknown: before the pair's first known distance and after its last, longer gaps, and a gap in which the
 * pair has a packet whose distance is null (somebody was out of the cameras' sight).
 */
export function truthOfPackets(recording: Recording): Meeting[] {
  const order = new Map(recording.people.map((person, i) => [person, i]))
  const samples = new Map<string, { second: number; distance: number | null }[]>()
  for (const { receiver, transmitter, second, distance } of recording.packets) {
    const forward = order.get(receiver)! < order.get(transmitter)!
    const key = forward ? `${receiver} ${transmitter}` : `${transmitter} ${receiver}`
    const list = samples.get(key)
    if (list) list.push({ second, distance })
    else samples.set(key, [{ second, distance }])
  }
  return pairs(recording.people).map(([a, b]) => {
    const list = samples.get(`${a} ${b}`) ?? []
    let nearSeconds = 0
    let unknownSeconds = recording.end - recording.start
    for (let i = 1; i < list.length; i++) {
      const [before, after] = [list[i - 1]!, list[i]!]
      const seconds = after.second - before.second
      if (before.distance === null || after.distance === null || seconds > LONGEST_GAP_SECONDS) continue
      nearSeconds += seconds * nearShare(before.distance, after.distance)
      unknownSeconds -= seconds
    }
    return { a, b, nearSeconds, unknownSeconds }
  })
}

/** The meetings of several scenes of one day, added up; a pair appears once. */
export function addMeetings(...scenes: readonly (readonly Meeting[])[]): Meeting[] {
  const sums = new Map<string, Meeting>()
  for (const { a, b, nearSeconds, unknownSeconds } of scenes.flat()) {
    const key = sums.has(`${b} ${a}`) ? `${b} ${a}` : `${a} ${b}`
    const sum = sums.get(key)
    sums.set(
      key,
      sum
        ? { ...sum, nearSeconds: sum.nearSeconds + nearSeconds, unknownSeconds: sum.unknownSeconds + unknownSeconds }
        : { a, b, nearSeconds, unknownSeconds },
    )
  }
  return [...sums.values()]
}
