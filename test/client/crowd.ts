import { type EpochMs, memoryStore, type Store } from "../../src/client/index.ts"
import { type Closed, Recorder } from "../../src/client/record.ts"
import { Reservoir } from "../../src/client/reservoir.ts"
import { sha256, time, u32 } from "../../src/crypto/index.ts"
import { seeded } from "../dice.ts"
import { dump } from "./stored.ts"

export const NOW = 1_600_005_600
const SCAN_SECONDS = 240
const HEARD = 7

/** Identifiers as an attacker makes them up: any number, all different, in no order. */
export const madeUp = (n: number): Uint8Array => sha256(u32(n)).slice(0, 16)
export const contact = (n = 0): Uint8Array => new Uint8Array(16).fill(200 + n)

/** A phone's memory of what it hears, from the radio to the store. */
export class Memory {
  readonly store: Store = memoryStore()
  recorder: Recorder
  reservoir: Reservoir
  #at = NOW
  #scan = 0
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
    this.recorder = new Recorder(seeded(seed))
    this.reservoir = new Reservoir(seeded(seed + 1))
  }

  /** One scan, packet by packet. */
  async scan(payloads: Iterable<Uint8Array>, attenuation = 50): Promise<void> {
    this.#scan++
    const at = (this.#at * 1000) as EpochMs
    for (const payload of payloads)
      this.recorder.hear({ payload, rssi: -attenuation, txPower: 0, at, scanId: this.#scan }, this.#at, this.#at)
    this.#at += SCAN_SECONDS
    const closed = this.recorder.close()
    if (closed) await this.write(closed)
  }

  async write({ second, heard }: Closed, after = 0): Promise<void> {
    const kept = heard.map(({ payload, ...scans }) => ({ ...scans, heard: HEARD, id: payload }))
    const marks = { bucket: time.bucket(second), after, firstHeard: 0 }
    this.recorder.dropped.crowd += await this.store.write(tx => this.reservoir.write(tx, [{ kept, marks }]))
  }

  /** The app is killed and started again. */
  restart(): void {
    this.recorder = new Recorder(seeded(this.#seed + 2))
    this.reservoir = new Reservoir(seeded(this.#seed + 3))
  }

  /** Seconds that are kept of every identifier, by its hexadecimal text. */
  async seconds(): Promise<Map<string, number>> {
    const kept = new Map<string, number>()
    for (const [key, value] of await dump(this.store, "f")) {
      const id = key.slice(10, -16)
      const scans = Buffer.from(value, "hex")
      for (let i = 0; i < scans.length; i += 8) kept.set(id, (kept.get(id) ?? 0) + scans.readUInt16BE(i + 2))
    }
    return kept
  }

  async bytes(): Promise<number> {
    return (await dump(this.store)).reduce((sum, [key, value]) => sum + (key.length + value.length) / 2, 0)
  }
}

export function* range(from: number, to: number): Iterable<Uint8Array> {
  for (let n = from; n < to; n++) yield madeUp(n)
}
