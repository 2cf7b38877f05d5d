import { readArchive } from "../client/gaen/index.ts"
import {
  type Calibration,
  type Client,
  type Clock,
  type Config,
  type EpochMs,
  type Http,
  open,
  type Ports,
  type Radio,
  type Scheduler,
  type Sighting,
  type Store,
} from "../client/index.ts"
import { type Random, time } from "../crypto/index.ts"
import type { Packet, Recording } from "./scene.ts"

/** The one clock of a simulated world, in unix seconds; it goes on when somebody sets it. */
export interface VirtualTime {
  now: number
}

/** Virtual time as a phone sees it. */
export const phoneClock = (virtual: VirtualTime): Clock => ({
  now: () => Math.round(virtual.now * 1000) as EpochMs,
  monotonic: () => virtual.now * 1000,
})

/** A phone in the world: the real client on a simulated radio. */
export interface Phone {
  readonly name: string
  readonly client: Client
  readonly clock: Clock
  /** What it broadcasts at this moment; undefined while it is off. */
  payload(): Uint8Array | undefined
  hear(sighting: Sighting): void
}

/** Simulated phones send alike, and are known well; design 4 says it inside the beacon. */
const TX_POWER = 0
const CALIBRATION: Calibration = { rssi: 0, txPower: TX_POWER, confidence: 3 }

/** A radio whose air is the simulator's. */
class SimulatedRadio implements Radio {
  readonly can = { advertise: true, scan: true, rotatesAddressWithPayload: true }
  next: (() => { payload: Uint8Array; until: EpochMs }) | undefined
  on: ((sighting: Sighting) => void) | undefined

  advertise(...[next, signal]: Parameters<Radio["advertise"]>): Promise<void> {
    this.next = next
    return new Promise(ended =>
      signal.addEventListener("abort", () => {
        this.next = undefined
        ended()
      }),
    )
  }

  scan(...[, on, signal]: Parameters<Radio["scan"]>): Promise<void> {
    this.on = on
    return new Promise(ended =>
      signal.addEventListener("abort", () => {
        this.on = undefined
        ended()
      }),
    )
  }
}

export interface PhonePorts {
  readonly clock: Clock
  readonly store: Store
  readonly http: Http
  readonly random: Random
  readonly wait?: Ports["wait"]
  readonly curves?: Ports["curves"]
  /** Forgets what it is told unless given: somebody else runs the tasks. */
  readonly scheduler?: Scheduler
}

/** Opens the client of one phone. */
export async function openPhone(name: string, config: Config, ports: PhonePorts): Promise<Phone> {
  const { clock, store, http, random, wait, curves } = ports
  const { scheduler = { arm: async () => {}, disarm: async () => {} } } = ports
  const radio = new SimulatedRadio()
  const client = await open(config, {
    radio,
    store,
    clock,
    random,
    http,
    scheduler,
    readArchive,
    calibration: CALIBRATION,
    ...(wait && { wait }),
    ...(curves && { curves }),
  })
  return { name, client, clock, payload: () => radio.next?.().payload, hear: sighting => radio.on?.(sighting) }
}

const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

/** Packets further apart than this were heard by two scans. */
const SCAN_GAP_SECONDS = 25

/**
 * Plays what was received into the phones that received it, each packet with what its transmitter broadcasts at that
 * moment, on virtual time.
 * @param epochSeconds how often the phones change their identifier
 * @param everyBucket called after virtual time has entered another bucket
 */
export async function play(
  recording: Recording,
  phones: ReadonlyMap<string, Phone>,
  virtual: VirtualTime,
  o: { epochSeconds: number; everyBucket: () => Promise<void>; progress: (packets: number) => void },
): Promise<void> {
  const lastHeard = new Map<string, number>()
  const scans = new Map<string, number>()
  const rotate = () => Promise.all([...phones.values()].map(({ client }) => client.run("rotate", { signal: never })))
  const moveTo = async (second: number): Promise<void> => {
    const before = virtual.now
    virtual.now = Math.max(before, second)
    if (time.bucket(before) !== time.bucket(virtual.now)) await o.everyBucket()
    if (Math.floor(before / o.epochSeconds) !== Math.floor(virtual.now / o.epochSeconds)) await rotate()
  }
  await moveTo(recording.start)
  await rotate()
  for (const [done, packet] of recording.packets.entries()) {
    await moveTo(packet.second)
    const { receiver, transmitter, second } = packet
    if (second - (lastHeard.get(receiver) ?? 0) > SCAN_GAP_SECONDS) scans.set(receiver, (scans.get(receiver) ?? 0) + 1)
    lastHeard.set(receiver, second)
    deliver(packet, phones.get(transmitter), phones.get(receiver), scans.get(receiver)!)
    if (done % 100 === 99) o.progress(100)
  }
  await moveTo(recording.end)
}

function deliver(packet: Packet, from: Phone | undefined, to: Phone | undefined, scanId: number): void {
  const payload = from?.payload()
  if (payload === undefined || to === undefined) return
  const { rssi, txPower, second } = packet
  // The attenuation is the packet's: as strong as it would have been, had the phone sent at its own power.
  const heard = rssi - txPower + TX_POWER
  to.hear({ payload, rssi: heard, txPower: TX_POWER, at: Math.round(second * 1000) as EpochMs, scanId })
}
