import { createSocket, type RemoteInfo, type Socket } from "node:dgram"
import { concat, hex, type Random } from "../../crypto/index.ts"
import { type EpochMs, type Radio, radio } from "../index.ts"

/*
 * One advertisement in the air of this machine, as a datagram to a multicast group on the loopback interface
 *   "LNDR"
 *   u8   1
 *   u8   attenuation in dB that the sender has between itself and everybody
 *   6    the sender's address: random, another for each payload
 *   …    the advertisement, 31 bytes at most
 */
const MAGIC = Uint8Array.of(0x4c, 0x4e, 0x44, 0x52, 1)
const ADDRESS_BYTES = 6
const HEADER_BYTES = MAGIC.length + 1 + ADDRESS_BYTES
const MAX_BYTES = HEADER_BYTES + 31

const LOOPBACK = "127.0.0.1"
/** Of the block that is local to an organisation; the port is the number of the service, 0xFD68. */
const GROUP = "239.255.253.104"
const PORT = 0xfd68

/** As Android's balanced mode. Jitter keeps two phones from speaking at the same moments for ever. */
const ADVERTISE_MS = 250
const JITTER_MS = 10
/** dBm: what is weaker is not heard. */
const SENSITIVITY = -100
/** dBm, as the DP-3T apps assumed. */
const TX_POWER = 12
/** Own addresses that may still be in the air. */
const REMEMBERED = 3

export interface UdpRadioOptions {
  readonly clock: radio.TurnPorts["clock"]
  readonly sleep: radio.TurnPorts["sleep"]
  readonly random: Random
  /** dB between this phone and any other, at this moment. Of two phones, the greater counts for both. */
  readonly attenuation: () => number
  /** Whose beacons it sends and hears: `gaen` in design 4, `dp3t` in the others and unless given. */
  readonly system?: radio.BeaconSystem
  /** dBm that the advertisements say. */
  readonly txPower?: number
  /** A multicast address: phones of another group are not heard. */
  readonly group?: string
  readonly port?: number
}

export interface UdpRadio extends Radio {
  /** What came from the group and was no beacon, by what was wrong; `malformed` counts foreign datagrams, too. */
  readonly refused: radio.Ear["refused"]
  close(): Promise<void>
}

/**
 * A radio for phones on one machine: beacons as datagrams on the loopback interface. Nothing leaves the machine, and no
 * other interface is needed. Distance is what the phones say it is.
 * @throws Error of the socket, where the machine has no loopback interface or the port is taken by something else
 */
export async function udpRadio(options: UdpRadioOptions): Promise<UdpRadio> {
  const { group = GROUP, port = PORT } = options
  const socket = await join(group, port)
  const air = new Air(options, datagram => send(socket, datagram, port, group))
  socket.on("message", (datagram: Buffer, from: RemoteInfo) => {
    if (from.address === LOOPBACK) air.hear(datagram)
  })
  let failed: ((error: Error) => void) | undefined
  const broken = new Promise<never>((_, reject) => {
    failed = reject
  })
  broken.catch(() => undefined)
  socket.on("error", error => failed?.(error))
  return {
    can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
    refused: air.ear.refused,
    advertise: (next, signal) => Promise.race([radio.inTurns(next, air.voice(), options, signal), broken]),
    scan: (plan, on, signal) => Promise.race([air.scan(plan, on, signal), broken]),
    close: () => new Promise(done => socket.close(done)),
  }
}

function join(group: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true })
  return new Promise((done, failed) => {
    const fail = (error: Error) => {
      socket.close()
      failed(new Error(`the radio on loopback, ${group}:${port}: ${error.message}`, { cause: error }))
    }
    socket.once("error", fail)
    // Windows cannot bind a socket to a group.
    socket.bind(port, process.platform === "win32" ? undefined : group, () => {
      try {
        socket.addMembership(group, LOOPBACK)
        socket.setMulticastInterface(LOOPBACK)
        socket.setMulticastTTL(0)
        socket.setMulticastLoopback(true)
      } catch (error) {
        return fail(error as Error)
      }
      socket.off("error", fail)
      done(socket)
    })
  })
}

const send = (socket: Socket, datagram: Uint8Array, port: number, group: string): Promise<void> =>
  new Promise((done, failed) => {
    socket.send(datagram, port, group, error => (error ? failed(error) : done()))
  })

class Air {
  readonly ear: radio.Ear
  readonly #options: UdpRadioOptions
  readonly #send: (datagram: Uint8Array) => Promise<void>
  readonly #own: string[] = []
  #scans = 0
  /** What takes a sighting, while a scan is going on. */
  #on: Parameters<Radio["scan"]>[1] | undefined

  constructor(options: UdpRadioOptions, send: (datagram: Uint8Array) => Promise<void>) {
    this.#options = options
    this.ear = new radio.Ear(options.system ?? "dp3t")
    this.#send = send
  }

  voice(): radio.Voice {
    const { random, sleep, attenuation, system = "dp3t", txPower = TX_POWER } = this.#options
    let speech: AbortController | undefined
    let speaking: Promise<void> = Promise.resolve()
    return {
      start: async payload => {
        const address = new Uint8Array(random.bytes(ADDRESS_BYTES))
        this.#own.push(hex(address))
        if (this.#own.length > REMEMBERED) this.#own.shift()
        const advertisement = radio.buildAdvertisement({
          system,
          payload: new Uint8Array(payload),
          // In design 4 the payload says it.
          ...(system === "dp3t" && { txPower }),
        })
        const now = new AbortController()
        speech = now
        const { signal } = now
        const speak = async () => {
          while (!signal.aborted) {
            const apart = Math.max(0, Math.min(255, Math.round(attenuation())))
            await this.#send(concat(MAGIC, Uint8Array.of(apart), address, advertisement))
            await sleep(ADVERTISE_MS + (random.bytes(1)[0]! % JITTER_MS), signal)
          }
        }
        speaking = speak()
        speaking.catch(() => undefined)
      },
      stop: () => {
        speech?.abort()
        return speaking
      },
    }
  }

  async scan(...[plan, on, signal]: Parameters<Radio["scan"]>): Promise<void> {
    const { sleep } = this.#options
    while (!signal.aborted) {
      this.#scans++
      this.#on = on
      await sleep(plan.windowMs, signal)
      this.#on = undefined
      if (!signal.aborted) await sleep(plan.everyMs - plan.windowMs, signal)
    }
  }

  hear(datagram: Uint8Array): void {
    if (this.#on === undefined) return
    const isOurs = datagram.length <= MAX_BYTES && MAGIC.every((byte, i) => datagram[i] === byte)
    if (!isOurs || datagram.length < HEADER_BYTES) {
      this.ear.refused.malformed++
      return
    }
    if (this.#own.includes(hex(new Uint8Array(datagram.subarray(MAGIC.length + 1, HEADER_BYTES))))) return
    const apart = Math.max(datagram[MAGIC.length]!, this.#options.attenuation())
    const advertisement = datagram.subarray(HEADER_BYTES)
    const at = this.#options.clock.now() as EpochMs
    const heard = this.ear.hear(advertisement, { rssi: 0, at, scanId: this.#scans })
    if (heard === undefined || heard === "connect") return
    const rssi = Math.round((heard.txPower ?? TX_POWER) - apart)
    if (rssi >= SENSITIVITY) this.#on({ ...heard, rssi })
  }
}
