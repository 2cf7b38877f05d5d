import { createSocket } from "node:dgram"
import { expect } from "chai"
import { hostClock } from "../../../src/cli/clock.ts"
import { type EpochMs, radio, type Sighting } from "../../../src/client/index.ts"
import { type UdpRadio, udpRadio } from "../../../src/client/node/index.ts"
import { hex } from "../../../src/crypto/index.ts"
import { seeded } from "../../dice.ts"

const GROUP = "239.255.253.105"
const PORT = 20_000 + (process.pid % 20_000)
const clock = hostClock(`120@${new Date(Date.now() - 1000).toISOString()}`)
const PLAN = { windowMs: 240_000, everyMs: 240_000 }

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}

describe("the radio on loopback", () => {
  const open: { radio: UdpRadio; stop: AbortController }[] = []
  async function phone(seed: number, attenuation = () => 50, port = PORT) {
    const made = await udpRadio({ clock, sleep: clock.sleep, random: seeded(seed), attenuation, group: GROUP, port })
    const stop = new AbortController()
    open.push({ radio: made, stop })
    const heard: Sighting[] = []
    const working = made.scan(PLAN, sighting => heard.push(sighting), stop.signal)
    return { radio: made, heard, stop, working }
  }
  afterEach(async () => {
    for (const { radio: made, stop } of open.splice(0)) {
      stop.abort()
      await made.close()
    }
  })
  const payloadOf = (n: number) => new Uint8Array(16).fill(n)
  const forever = (n: number) => () => ({ payload: payloadOf(n), until: (clock.now() + 1e9) as EpochMs })

  it("carries beacons between phones, each with the attenuation of whoever is further away, and to nobody himself", async () => {
    let bens = 50
    const [anna, ben] = [await phone(1, () => 60), await phone(2, () => bens)]
    const speaking = [
      anna.radio.advertise(forever(1), anna.stop.signal),
      ben.radio.advertise(forever(2), ben.stop.signal),
    ]
    await until(() => anna.heard.length > 2 && ben.heard.length > 2)
    expect(new Set(anna.heard.map(({ payload }) => hex(payload)))).to.deep.equal(new Set([hex(payloadOf(2))]))
    for (const { rssi, txPower } of [...anna.heard, ...ben.heard]) expect(txPower! - rssi).to.equal(60)
    bens = 70
    await until(() => anna.heard.at(-1)!.rssi === 12 - 70 && ben.heard.at(-1)!.rssi === 12 - 70)
    bens = 127
    const last = () => [anna.heard.length, ben.heard.length]
    await clock.sleep(2000)
    const before = last()
    await clock.sleep(5000)
    expect(last()).to.deep.equal(before)
    anna.stop.abort()
    ben.stop.abort()
    await Promise.all([...speaking, anna.working, ben.working])
  })

  it("sends each payload under one address and each address with one payload", async () => {
    const seen = new Map<string, Set<string>>()
    const wire = createSocket({ type: "udp4", reuseAddr: true })
    await new Promise<void>(resolve => wire.bind(PORT, GROUP, resolve))
    wire.addMembership(GROUP, "127.0.0.1")
    wire.on("message", datagram => {
      const address = hex(new Uint8Array(datagram.subarray(6, 12)))
      const heard = radio.readAdvertisement(datagram.subarray(12))
      const payload = heard.is === "beacon" ? hex(heard.beacon.payload) : "?"
      seen.set(address, (seen.get(address) ?? new Set()).add(payload))
    })
    const anna = await phone(1)
    let n = 0
    const next = () => ({ payload: payloadOf(++n), until: (clock.now() + 3000) as EpochMs })
    const speaking = anna.radio.advertise(next, anna.stop.signal)
    await until(() => seen.size > 4)
    anna.stop.abort()
    await speaking
    for (const payloads of seen.values()) expect(payloads.size).to.equal(1)
    expect(new Set([...seen.values()].flatMap(payloads => [...payloads])).size).to.equal(seen.size)
    await new Promise<void>(resolve => wire.close(() => resolve()))
  })

  it("counts what is no beacon, and is not confused by it", async () => {
    const anna = await phone(1)
    const wire = createSocket({ type: "udp4", reuseAddr: true })
    await new Promise<void>(resolve => wire.bind(0, "127.0.0.1", resolve))
    wire.setMulticastInterface("127.0.0.1")
    const header = [0x4c, 0x4e, 0x44, 0x52, 1, 40, 9, 9, 9, 9, 9, 9]
    const good = radio.buildAdvertisement({ system: "dp3t", payload: payloadOf(7), txPower: 12 })
    const gaen = radio.buildAdvertisement({ system: "gaen", payload: new Uint8Array(20) })
    const short = Uint8Array.of(18, 0x16, 0x68, 0xfd, ...new Uint8Array(15))
    const bad = [[], [1, 2, 3], header.slice(0, 11), [0x4c, 0x4e, 0x44, 0x52, 2, ...header.slice(5), ...good]]
    const long = [...header, ...good, 0, 0]
    for (const datagram of [...bad, long, [...header, ...gaen], [...header, ...short], [...header, ...good]])
      wire.send(Uint8Array.from(datagram), PORT, GROUP)
    await until(() => anna.heard.length > 0)
    expect(anna.radio.refused).to.deep.equal({ malformed: 5, foreign: 1, length: 1 })
    expect(anna.heard.map(({ payload, rssi }) => [payload[0], rssi])).to.deep.equal([[7, 12 - 50]])
    await new Promise<void>(resolve => wire.close(() => resolve()))
  })

  it("hears only while a scan goes on, and numbers the scans", async () => {
    const [anna, ben] = [await phone(1), await phone(2)]
    const stop = new AbortController()
    const heard: Sighting[] = []
    ben.stop.abort()
    await ben.working
    const speaking = anna.radio.advertise(forever(1), anna.stop.signal)
    const scanning = ben.radio.scan({ windowMs: 4000, everyMs: 24_000 }, one => heard.push(one), stop.signal)
    await until(() => new Set(heard.map(({ scanId }) => scanId)).size > 2)
    stop.abort()
    await scanning
    for (const { at, scanId } of heard)
      for (const other of heard) if (other.scanId !== scanId) expect(Math.abs(other.at - at)).to.be.greaterThan(10_000)
    anna.stop.abort()
    await speaking
  })
})
