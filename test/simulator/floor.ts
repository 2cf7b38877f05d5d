import type { Point, Scene } from "../../src/simulator/index.ts"

/** A scene in which nobody moves: person i stands at places[i − 1]. */
export function standing(places: readonly Point[], seconds: number, start = 1_600_000_000): Scene {
  const people = places.map((_, i) => String(i + 1))
  return { name: "office", people, start, end: start + seconds, at: person => places[Number(person) - 1]! }
}

/** A hundred people along a line, close at one end and far apart at the other: all distances up to a dozen metres. */
export function line(count: number, seconds: number): Scene {
  return standing(
    Array.from({ length: count }, (_, i) => ({ x: 12 * (i / count) ** 1.5, y: 0.3 * (i % 2) })),
    seconds,
  )
}
