import { type Random, shuffle } from "../crypto/index.ts"
import { between } from "./dice.ts"
import type { Point, Scene, SceneName } from "./scene.ts"
import { sceneOf, Track } from "./track.ts"

/** As many people as the measurement had phones. */
export const PEOPLE: readonly string[] = Array.from({ length: 18 }, (_, i) => String(i + 1))

/** Minutes of each scene, as in the measurement, and of the break after it, when no phone is recorded. */
const SCENE_MINUTES: Readonly<Record<SceneName, number>> = {
  lunch: 30,
  train: 30,
  office: 27,
  queue: 21,
  party: 20,
  movement: 11,
}
const BREAK_MINUTES = 5

type Script = (cast: readonly string[], dice: Random, seconds: number) => Map<string, Track>

/** Around a point: nobody stands on a mark to the centimetre. */
const around = (dice: Random, x: number, y: number, metres = 0.15): Point => ({
  x: x + between(dice, -metres, metres),
  y: y + between(dice, -metres, metres),
})

/** Place i of people who wait in rows of `wide`, `apart` metres from each other. */
const waiting = (dice: Random, i: number, corner: Point, apart: number, wide = 4): Point =>
  around(dice, corner.x + apart * (i % wide), corner.y + apart * Math.floor(i / wide), 0.3)

/** Walks from one random point of a rectangle to the next, with a pause at each. */
function roam(dice: Random, track: Track, corner: Point, size: Point, pause: readonly [number, number], until: number) {
  while (track.arrives < until) {
    const to = { x: corner.x + between(dice, 0, size.x), y: corner.y + between(dice, 0, size.y) }
    track.goAt(track.arrives + between(dice, ...pause), to)
  }
  return track
}

/** Seven at a table: four on one side, three on the other. */
const seat = (dice: Random, i: number, table: Point): Point =>
  around(dice, table.x + 0.7 * (i < 4 ? i : i - 3.5), table.y + (i < 4 ? 0 : 1.1), 0.08)

/** Two tables of seven, the second taken at half time; two waiters; two who are still waiting for a table. */
const lunch: Script = (cast, dice, seconds) => {
  const tracks = new Map<string, Track>()
  cast.forEach((person, i) => {
    const track = new Track(waiting(dice, i, { x: 0, y: 9 }, 1.2))
    if (i < 7) track.goAt(between(dice, 20, 60), seat(dice, i, { x: 2, y: 0 }))
    else if (i < 14) track.goAt(seconds / 2 + between(dice, 0, 40), seat(dice, i - 7, { x: 6.5, y: 0 }))
    else if (i < 16) roam(dice, track, { x: 0.5, y: -1.5 }, { x: 10, y: 5 }, [10, 40], seconds)
    tracks.set(person, track)
  })
  return tracks
}

/** Eight sit in two compartments of four; at ten minutes six join in the aisle, at twenty the last four. */
const train: Script = (cast, dice, seconds) => {
  const tracks = new Map<string, Track>()
  cast.forEach((person, i) => {
    const track = new Track(waiting(dice, i, { x: 0, y: 10 }, 1.2, 6))
    if (i < 8) {
      const compartment = i < 4 ? { x: 0, y: 0 } : { x: 0, y: 1.9 }
      const place = around(dice, compartment.x + 1.3 * (i & 1), compartment.y + 0.6 * ((i >> 1) & 1), 0.08)
      track.goAt(between(dice, 30, 90), place)
    } else {
      const standing = i - 8
      const stop = i < 14 ? seconds / 3 : (2 * seconds) / 3
      track.goAt(stop + between(dice, 0, 45), around(dice, 2.4 + 0.7 * standing, 1.25, 0.2))
    }
    tracks.set(person, track)
  })
  return tracks
}

/** Three tables of three, two metres apart; two go from table to table; seven sit in a corner of the same hall. */
const office: Script = (cast, dice, seconds) => {
  const tracks = new Map<string, Track>()
  cast.forEach((person, i) => {
    if (i < 9) {
      const table = Math.floor(i / 3)
      tracks.set(person, new Track(around(dice, 3.6 * table + 0.8 * (i % 3), i % 3 === 1 ? 1.2 : 0, 0.1)))
    } else if (i < 11) {
      const track = new Track(around(dice, 4, 3))
      tracks.set(person, roam(dice, track, { x: -0.5, y: -1 }, { x: 10, y: 3 }, [60, 180], seconds))
    } else {
      tracks.set(person, new Track(waiting(dice, i - 11, { x: 2, y: 7 }, 1.8)))
    }
  })
  return tracks
}

/**
 * A line of nine a metre apart, moved on every two minutes; at half time a second till opens beside it, with a line
 * of nine that is served every minute. Who is not in a line yet, or has paid, stands about.
 */
const queue: Script = (cast, dice, seconds) => {
  const tracks = new Map<string, Track>()
  cast.forEach((person, i) => {
    const second = i >= 9
    const rank = i % 9
    const lane = second ? 2.2 : 0
    const opens = second ? seconds / 2 : 0
    const every = second ? 60 : 120
    const track = new Track(second ? waiting(dice, rank, { x: 9, y: 6 }, 1.3) : around(dice, rank, lane))
    if (second) track.goAt(opens, around(dice, rank, lane))
    for (let turn = 1; turn <= rank; turn++) track.goAt(opens + every * turn, around(dice, rank - turn, lane))
    track.goAt(opens + every * (rank + 1), waiting(dice, rank + (second ? 9 : 0), { x: -7, y: -3 }, 1.4))
    tracks.set(person, track)
  })
  return tracks
}

/** Circles of three to five people on a floor of seven metres; every five minutes all form new ones. */
const party: Script = (cast, dice, seconds) => {
  const tracks = new Map(cast.map((person, i) => [person, new Track(waiting(dice, i, { x: 0, y: 0 }, 1.1))]))
  for (let t = 0; t < seconds; t += 300) {
    const order = shuffle(cast, dice)
    const tables = shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8], dice)
    for (let group = 0, next = 0; next < order.length; group++) {
      const size = Math.min(order.length - next, 3 + Math.floor(between(dice, 0, 3)))
      const table = tables[group]!
      const centre = around(dice, 2.5 * (table % 3), 2.5 * Math.floor(table / 3), 0.4)
      const turn = between(dice, 0, 2 * Math.PI)
      for (let i = 0; i < size; i++) {
        const angle = turn + (2 * Math.PI * i) / size
        const place = around(dice, centre.x + 0.6 * Math.cos(angle), centre.y + 0.6 * Math.sin(angle), 0.2)
        tracks.get(order[next + i]!)!.goAt(t + between(dice, 0, 40), place)
      }
      next += size
    }
  }
  return tracks
}

/** Running about on a floor that grows from four metres to sixteen. */
const movement: Script = (cast, dice, seconds) => {
  const tracks = new Map<string, Track>()
  for (const person of cast) {
    const track = new Track({ x: between(dice, -2, 2), y: between(dice, -2, 2) })
    while (track.arrives < seconds) {
      const half = 2 + (6 * track.arrives) / seconds
      const to = { x: between(dice, -half, half), y: between(dice, -half, half) }
      track.goAt(track.arrives + between(dice, 0, 4), to, between(dice, 1, 2.5))
    }
    tracks.set(person, track)
  }
  return tracks
}

const SCRIPTS: Readonly<Record<SceneName, Script>> = { lunch, train, office, queue, party, movement }

/**
 * An afternoon of 18 people in six scenes, after the scripts of DP-3T's experiment 34. Who plays which part is drawn
 * anew for each scene, so that different people meet.
 * @param startUnix unix seconds of the first scene's start
 * @returns the scenes in the order of the day
 */
export function afternoon(dice: Random, startUnix: number): Scene[] {
  if (!Number.isFinite(startUnix) || startUnix < 0)
    throw new RangeError(`startUnix: expected unix seconds, got ${startUnix}`)
  let start = startUnix
  return (Object.keys(SCRIPTS) as SceneName[]).map(name => {
    const minutes = SCENE_MINUTES[name]
    const scene = sceneOf(name, SCRIPTS[name](shuffle(PEOPLE, dice), dice, 60 * minutes), PEOPLE, start, minutes)
    start += 60 * (minutes + BREAK_MINUTES)
    return scene
  })
}
