import type { Random } from "../crypto/index.ts"
import { between, fraction, normal } from "./dice.ts"
import { metresBetween, type Packet, type Recording, type Scene } from "./scene.ts"

/**
 * How strongly one phone hears another, in dB of attenuation:
 *
 *   attenuation = atOneMetre + perDecade · log₁₀ max(metres, nearestMetres)
 *               + N(0, receiver²) + N(0, transmitter²)   once for a phone
 *               + N(0, pair²)                            once for two people in a scene: bodies, pockets, furniture
 *               + N(0, scan²)                            once for a link in one scan
 *               + N(0, packet²)                          for each packet: three channels, fading
 *
 *   P(received) = best / (1 + exp((attenuation − half) / width))
 *
 * A phone listens for `scanSeconds` and then not for a while: scans begin `scanEverySeconds` (uniform) apart. It
 * sends every `packetEverySeconds`.
 */
export interface RadioModel {
  /** dBm, an integer: attenuation = txPower − rssi. */
  readonly txPower: number
  readonly atOneMetre: number
  readonly perDecade: number
  readonly nearestMetres: number
  readonly receiver: number
  readonly transmitter: number
  readonly pair: number
  readonly scan: number
  readonly packet: number
  readonly best: number
  readonly half: number
  readonly width: number
  readonly scanSeconds: number
  readonly scanEverySeconds: readonly [number, number]
  readonly packetEverySeconds: number
  /** The greatest distance the measurement has a packet from; the model sends nothing beyond it. */
  readonly rangeMetres: number
}

/**
 * The radio of the field measurement. The numbers are those that `lindung measurement fit --data DIR` makes from its
 * six files; docs/simulator.md says how and how well they fit.
 */
export const fieldRadio: RadioModel = {
  txPower: -31,
  atOneMetre: 53.91,
  perDecade: 17.96,
  nearestMetres: 0.64,
  receiver: 4.03,
  transmitter: 3.27,
  pair: 4.04,
  scan: 4.51,
  packet: 4.33,
  best: 0.56,
  half: 64.89,
  width: 2.31,
  scanSeconds: 4,
  scanEverySeconds: [211, 304],
  packetEverySeconds: 0.286,
  rangeMetres: 17,
}

/** The middle of what is sent over a distance, before any of the random parts. dB */
export const typicalAttenuation = (model: RadioModel, metres: number): number =>
  model.atOneMetre + model.perDecade * Math.log10(Math.max(metres, model.nearestMetres))

/** The chance that a packet of this attenuation is received by a phone that listens. */
export const receptionChance = (model: RadioModel, attenuation: number): number =>
  model.best / (1 + Math.exp((attenuation - model.half) / model.width))

/** RSSI as Bluetooth can report it: an integer from −127 to 20 dBm. */
const level = (rssi: number): number => Math.max(-127, Math.min(20, Math.round(rssi)))

const thousandths = (second: number): number => Math.round(second * 1000) / 1000

interface Offsets {
  readonly receiver: ReadonlyMap<string, number>
  readonly transmitter: ReadonlyMap<string, number>
}

function* scan(
  scene: Scene,
  receiver: string,
  begins: number,
  offset: (from: string) => number,
  dice: Random,
  model: RadioModel,
): Generator<Packet> {
  for (const transmitter of scene.people) {
    if (transmitter === receiver) continue
    const shift = offset(transmitter) + model.scan * normal(dice)
    const phase = between(dice, 0, model.packetEverySeconds)
    for (let t = begins + phase; t < begins + model.scanSeconds && t < scene.end; t += model.packetEverySeconds) {
      const distance = metresBetween(scene.at(receiver, t), scene.at(transmitter, t))
      if (distance > model.rangeMetres) continue
      const attenuation = typicalAttenuation(model, distance) + shift + model.packet * normal(dice)
      if (fraction(dice) >= receptionChance(model, attenuation)) continue
      const rssi = level(model.txPower - attenuation)
      yield { receiver, transmitter, second: thousandths(t), rssi, txPower: model.txPower, distance }
    }
  }
}

function receiveScene(scene: Scene, phones: Offsets, dice: Random, model: RadioModel): Recording {
  const pairs = new Map<string, number>()
  scene.people.forEach((a, i) => {
    for (const b of scene.people.slice(i + 1)) {
      const offset = model.pair * normal(dice)
      pairs.set(`${a} ${b}`, offset).set(`${b} ${a}`, offset)
    }
  })
  const packets: Packet[] = []
  for (const receiver of scene.people) {
    const own = phones.receiver.get(receiver)!
    const offset = (from: string) => own + phones.transmitter.get(from)! + pairs.get(`${receiver} ${from}`)!
    const [least, most] = model.scanEverySeconds
    for (let t = scene.start + between(dice, 0, least); t < scene.end; t += between(dice, least, most))
      packets.push(...scan(scene, receiver, t, offset, dice, model))
  }
  packets.sort((a, b) => a.second - b.second)
  const { name, people, start, end } = scene
  return { name, people, start, end, packets }
}

/**
 * What the phones of these scenes receive. A person carries one phone through all of them.
 * @returns one recording for each scene; each packet with the true distance, the same in both directions
 */
export function receive(scenes: readonly Scene[], dice: Random, model: RadioModel = fieldRadio): Recording[] {
  const people = [...new Set(scenes.flatMap(scene => scene.people))]
  const draw = (spread: number) => new Map(people.map(person => [person, spread * normal(dice)]))
  const phones = { receiver: draw(model.receiver), transmitter: draw(model.transmitter) }
  return scenes.map(scene => receiveScene(scene, phones, dice, model))
}
