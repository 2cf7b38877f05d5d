import { gaen, hybrid, type kernel, lowCost } from "../../../src/crypto/index.ts"

/** A small reproducible generator: the tests need many different keys, not good ones. */
export function generator(seed: number): { bytes(n: number): Uint8Array; below(n: number): number } {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  return {
    bytes: n => Uint8Array.from({ length: n }, () => next() & 255),
    below: n => next() % n,
  }
}

/** What the kernel takes, from a list of identifiers with their times. */
export function observations(list: readonly { id: Uint8Array; time: number }[]): kernel.Observations {
  const identifiers = new Uint8Array(16 * list.length)
  list.forEach(({ id }, i) => {
    identifiers.set(id, 16 * i)
  })
  return { identifiers, times: Uint32Array.from(list, ({ time }) => time) }
}

/** What the kernel takes, from a list of secrets with the units in which they are used. */
export function publishedKeys(
  size: number,
  list: readonly { secret: Uint8Array; first: number; last: number }[],
): kernel.PublishedKeys {
  const secrets = new Uint8Array(size * list.length)
  list.forEach(({ secret }, i) => {
    secrets.set(secret, size * i)
  })
  return {
    secrets,
    first: Uint32Array.from(list, ({ first }) => first),
    last: Uint32Array.from(list, ({ last }) => last),
  }
}

/** Runs a match to its end. */
export function result<T>(steps: Generator<number, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

type Found = { key: number; observation: number; interval?: number }
export const sorted = <T extends Found>(found: readonly T[]): T[] =>
  [...found].sort((a, b) => a.key - b.key || a.observation - b.observation)

/** A design, seen through the definition and through the kernel. */
export interface Case {
  readonly name: string
  readonly design: kernel.Design
  readonly size: 16 | 32
  /** units around which keys and observations lie */
  readonly base: number
  /** a key of that secret: when it is used */
  span(first: number, below: (n: number) => number): { first: number; last: number }
  /** an identifier of the key, and a time at which hearing it counts, or just fails to */
  identifier(
    secret: Uint8Array,
    first: number,
    last: number,
    below: (n: number) => number,
  ): { id: Uint8Array; time: number }
  definition(keys: kernel.PublishedKeys, heard: kernel.Observations): Found[]
  matched(matcher: kernel.Matcher, keys: kernel.PublishedKeys, heard: kernel.Observations): Found[]
}

const parts = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: bytes.length / size }, (_, i) => bytes.slice(size * i, size * (i + 1)))

export const cases: readonly Case[] = [
  {
    name: "low-cost",
    design: "low-cost",
    size: 32,
    base: 18_400,
    span: (first, below) => ({ first, last: first + below(16) }),
    identifier(secret, first, last, below) {
      const time = first + below(last - first + 1)
      let key = secret
      for (let day = first; day < time; day++) key = lowCost.nextDayKey(key)
      const id = lowCost.ephIds(key)[below(96)]!
      return { id, time: below(8) === 0 ? time + 1 : time }
    },
    definition: ({ secrets, first, last }, { identifiers, times }) =>
      lowCost.candidates(
        parts(secrets, 32).map((dayKey, i) => ({ dayKey, firstDay: first[i]!, lastDay: last[i]! })),
        parts(identifiers, 16).map((ephId, i) => ({ ephId, day: times[i]! })),
      ),
    matched: (matcher, keys, heard) => result(matcher.search("low-cost", heard).match(keys)),
  },
  {
    name: "hybrid",
    design: "hybrid",
    size: 16,
    base: 220_800,
    span: first => ({ first, last: first }),
    identifier: (secret, first, _, below) => ({
      id: hybrid.ephIds(secret)[below(8)]!,
      time: below(8) === 0 ? first + 1 : first,
    }),
    definition: ({ secrets, first }, { identifiers, times }) =>
      hybrid.candidates(
        parts(secrets, 16).map((seed, i) => ({ seed, window: first[i]! })),
        parts(identifiers, 16).map((ephId, i) => ({ ephId, window: times[i]! })),
      ),
    matched: (matcher, keys, heard) => result(matcher.search("hybrid", heard).match(keys)),
  },
  {
    name: "GAEN",
    design: "gaen",
    size: 16,
    base: 2_649_600,
    span: (first, below) => ({ first, last: first + (below(2) === 0 ? 143 : below(144)) }),
    identifier(secret, first, last, below) {
      const interval = first + below(last - first + 1)
      return { id: gaen.rpi(gaen.rpik(secret), interval), time: interval - 14 + below(29) }
    },
    definition: ({ secrets, first, last }, { identifiers, times }) =>
      gaen.candidates(
        parts(secrets, 16).map((tek, i) => ({ tek, rollingStart: first[i]!, rollingPeriod: last[i]! - first[i]! + 1 })),
        parts(identifiers, 16).map((rpi, i) => ({ rpi, interval: times[i]! })),
      ),
    matched: (matcher, keys, heard) => result(matcher.search("gaen", heard).match(keys)),
  },
]

/** Keys around the design's base, and observations of which about every second is of one of them. */
export function scene(design: Case, seed: number, keyCount: number, heardCount: number) {
  const { bytes, below } = generator(seed)
  const keys = Array.from({ length: keyCount }, () => ({
    secret: bytes(design.size),
    ...design.span(design.base + below(3) * (design.name === "GAEN" ? 100 : 2), below),
  }))
  const heard = Array.from({ length: heardCount }, () => {
    const key = keys[below(keys.length + 1)]
    if (key === undefined || below(2) === 0) return { id: bytes(16), time: design.base + below(20) }
    return design.identifier(key.secret, key.first, key.last, below)
  })
  return { keys: publishedKeys(design.size, keys), heard: observations(heard) }
}
