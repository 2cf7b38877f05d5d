import { createCipheriv, createHash, createHmac } from "node:crypto"
import { ctr, ecb } from "@noble/ciphers/aes.js"
import { hkdf } from "@noble/hashes/hkdf.js"
import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"
import type { kernel } from "../../src/crypto/index.ts"
import type { Scene } from "./scene.ts"

/** A schedule by somebody's primitives: the identifiers of one day, one after the other. */
interface Primitives {
  nextDayKey(key: Uint8Array): Uint8Array
  lowCost(key: Uint8Array): Uint8Array
  /** @param blocks the padded data of 144 intervals */
  gaen(tek: Uint8Array, blocks: Uint8Array): Uint8Array
}

const LABEL = new TextEncoder().encode("broadcast key")
const INFO = new TextEncoder().encode("EN-RPIK")
const INFO_1 = new TextEncoder().encode("EN-RPIK\x01")
const PREFIX = new TextEncoder().encode("EN-RPI")
const ZERO = new Uint8Array(16)
const ZEROS = new Uint8Array(16 * 96)

const noblePrimitives: Primitives = {
  nextDayKey: key => sha256(key),
  lowCost: key => ctr(hmac(sha256, key, LABEL), ZERO).encrypt(ZEROS),
  gaen: (tek, blocks) => ecb(hkdf(sha256, tek, undefined, INFO, 16), { disablePadding: true }).encrypt(blocks),
}

const nodePrimitives: Primitives = {
  nextDayKey: key => createHash("sha256").update(key).digest(),
  lowCost: key => createCipheriv("aes-256-ctr", createHmac("sha256", key).update(LABEL).digest(), ZERO).update(ZEROS),
  gaen(tek, blocks) {
    const prk = createHmac("sha256", new Uint8Array(32)).update(tek).digest()
    const rpik = createHmac("sha256", prk).update(INFO_1).digest().subarray(0, 16)
    return createCipheriv("aes-128-ecb", rpik, null).update(blocks)
  },
}

/** What was heard in one unit of time, to be asked for identifiers. */
interface Set16 {
  add(identifiers: Uint8Array, at: number, observation: number): void
  /** the observations with the identifier at that place */
  find(identifiers: Uint8Array, at: number): readonly number[]
}

/** A typed table: open addressing by the first four bytes, and then all sixteen are compared. */
function typedSet(): Set16 {
  const words = new Int32Array(4 * 32_768)
  const places = new Int32Array(32_768)
  const observations: number[][] = [[]]
  const word = (b: Uint8Array, at: number): number =>
    b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)
  function slot(b: Uint8Array, at: number): number {
    const first = word(b, at)
    for (let s = first & 32_767; ; s = (s + 1) & 32_767) {
      if (places[s] === 0) return s
      if (words[4 * s] !== first) continue
      if (
        words[4 * s + 1] === word(b, at + 4) &&
        words[4 * s + 2] === word(b, at + 8) &&
        words[4 * s + 3] === word(b, at + 12)
      )
        return s
    }
  }
  return {
    add(b, at, observation) {
      const s = slot(b, at)
      if (places[s] === 0) places[s] = observations.push([]) - 1
      for (let i = 0; i < 4; i++) words[4 * s + i] = word(b, at + 4 * i)
      observations[places[s]!]!.push(observation)
    },
    find: (b, at) => observations[places[slot(b, at)]!]!,
  }
}

/** The obvious way: hexadecimal strings in a Map. */
function hexSet(): Set16 {
  const observations = new Map<string, number[]>()
  const hex = (b: Uint8Array, at: number): string => Buffer.from(b.buffer, b.byteOffset + at, 16).toString("hex")
  return {
    add(b, at, observation) {
      const list = observations.get(hex(b, at))
      if (list === undefined) observations.set(hex(b, at), [observation])
      else list.push(observation)
    },
    find: (b, at) => observations.get(hex(b, at)) ?? [],
  }
}

/** Matches like the definition, day by day, with somebody's primitives and tables; the number of candidates. */
function matchWith(
  { nextDayKey, lowCost, gaen }: Primitives,
  newSet: () => Set16,
): (scene: Scene, keys: kernel.PublishedKeys) => number {
  const prepared = new WeakMap<Scene, Map<number, Set16>>()
  const padded = new Map<number, Uint8Array>()

  function setsOf(scene: Scene): Map<number, Set16> {
    const known = prepared.get(scene)
    if (known !== undefined) return known
    const sets = new Map<number, Set16>()
    const { identifiers, times } = scene.heard
    times.forEach((time, i) => {
      const days = scene.design === "gaen" ? [Math.floor((time - 12) / 144), Math.floor((time + 12) / 144)] : [time]
      for (const day of new Set(days)) {
        const set = sets.get(day) ?? newSet()
        sets.set(day, set)
        set.add(identifiers, 16 * i, i)
      }
    })
    prepared.set(scene, sets)
    return sets
  }

  function paddedData(start: number): Uint8Array {
    const known = padded.get(start)
    if (known !== undefined) return known
    const blocks = new Uint8Array(16 * 144)
    const view = new DataView(blocks.buffer)
    for (let j = 0; j < 144; j++) {
      blocks.set(PREFIX, 16 * j)
      view.setUint32(16 * j + 12, start + j, true)
    }
    padded.set(start, blocks)
    return blocks
  }

  return (scene, { secrets, first, last }) => {
    const sets = setsOf(scene)
    let found = 0
    for (let key = 0; key < first.length; key++) {
      if (scene.design === "gaen") {
        const set = sets.get(first[key]! / 144)
        if (set === undefined) continue
        const ids = gaen(secrets.subarray(16 * key, 16 * key + 16), paddedData(first[key]!))
        for (let j = 0; j < 144; j++)
          for (const place of set.find(ids, 16 * j))
            if (Math.abs(scene.heard.times[place]! - first[key]! - j) <= 12) found++
        continue
      }
      let dayKey = secrets.subarray(32 * key, 32 * key + 32)
      for (let day = first[key]!; day <= last[key]!; day++) {
        const set = sets.get(day)
        if (set !== undefined) {
          const ids = lowCost(dayKey)
          for (let j = 0; j < 96; j++) found += set.find(ids, 16 * j).length
        }
        dayKey = nextDayKey(dayKey)
      }
    }
    return found
  }
}

export const noble = matchWith(noblePrimitives, typedSet)
export const nodeTyped = matchWith(nodePrimitives, typedSet)
export const nodeHex = matchWith(nodePrimitives, hexSet)
