import type { EpochMs, Sighting } from "../ports.ts"
import { type Advertisement, type BeaconSystem, type Fields, readAdvertisement, readFields } from "./advertisement.ts"

/** How an advertisement was received. */
export interface Reception {
  /** dBm, as the radio says it. */
  readonly rssi: number
  readonly at: EpochMs
  readonly scanId: number
}

/** Takes the beacons of one system out of all that a radio hears, and counts the rest. */
export class Ear {
  /** Advertisements that were no beacon of this system. */
  readonly refused = { foreign: 0, length: 0, malformed: 0 }
  readonly #system: BeaconSystem

  constructor(system: BeaconSystem) {
    this.#system = system
  }

  /**
   * @param heard the raw bytes of an advertisement, or what a Bluetooth library made of them
   * @returns what to hand to the client; `connect` where the identifier has to be read over a connection
   */
  hear(heard: Uint8Array | Fields, reception: Reception): Sighting | "connect" | undefined {
    return this.take(heard instanceof Uint8Array ? readAdvertisement(heard) : readFields(heard), reception)
  }

  /** The same for what was read already, over a connection say. */
  take(advertisement: Advertisement, { rssi, at, scanId }: Reception): Sighting | "connect" | undefined {
    if (advertisement.is === "refused") this.refused[advertisement.why]++
    else if (advertisement.is === "connect") {
      if (this.#system === "dp3t") return "connect"
      this.refused.foreign++
    } else if (advertisement.beacon.system !== this.#system) this.refused.foreign++
    else {
      const { payload, txPower } = advertisement.beacon
      return { payload, rssi, at, scanId, ...(txPower === undefined ? {} : { txPower }) }
    }
    return undefined
  }
}
