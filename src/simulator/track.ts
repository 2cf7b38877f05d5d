import type { Point, Scene, SceneName } from "./scene.ts"

/** Being at a point at a second of the scene (0 is its start). Between two of them a person moves in a straight line. */
interface Waypoint extends Point {
  readonly t: number
}

const WALK_METRES_PER_SECOND = 1.2

/** The way of one person through a scene, written from its beginning to its end. */
export class Track {
  readonly #points: Waypoint[]

  constructor(from: Point) {
    this.#points = [{ t: 0, ...from }]
  }

  get #last(): Waypoint {
    return this.#points[this.#points.length - 1]!
  }

  /** Stays until second t, then goes to a point at walking pace; a start that has passed means at once. */
  goAt(t: number, to: Point, metresPerSecond = WALK_METRES_PER_SECOND): this {
    const last = this.#last
    const leave = Math.max(t, last.t)
    if (leave > last.t) this.#points.push({ ...last, t: leave })
    const seconds = Math.max(0.1, Math.hypot(to.x - last.x, to.y - last.y) / metresPerSecond)
    this.#points.push({ t: leave + seconds, x: to.x, y: to.y })
    return this
  }

  /** The second at which the last walk ends. */
  get arrives(): number {
    return this.#last.t
  }

  at(t: number): Point {
    const points = this.#points
    let low = 0
    let high = points.length - 1
    if (t >= points[high]!.t) return points[high]!
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (points[middle]!.t <= t) low = middle
      else high = middle
    }
    const from = points[low]!
    const to = points[high]!
    const share = (t - from.t) / (to.t - from.t)
    return { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) }
  }
}

/** A scene out of one track for each person. */
export function sceneOf(
  name: SceneName,
  tracks: ReadonlyMap<string, Track>,
  people: readonly string[],
  start: number,
  minutes: number,
): Scene {
  const end = start + 60 * minutes
  return {
    name,
    people,
    start,
    end,
    at(person, second) {
      const track = tracks.get(person)
      if (!track) throw new RangeError(`person: expected one of ${people.join(", ")}, got ${person}`)
      if (!(second >= start && second <= end))
        throw new RangeError(`second: expected ${start} to ${end} (scene ${name}), got ${second}`)
      const { x, y } = track.at(second - start)
      return { x: Math.round(x * 1000) / 1000, y: Math.round(y * 1000) / 1000 }
    },
  }
}
