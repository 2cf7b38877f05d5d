/**
 * A simulated afternoon and its radio, the truth about who was near whom, and attacks on the protocol: FOR SIMULATION ONLY.
 * All dice here are known to whoever knows their seed.
 * @module
 */
export { afternoon, PEOPLE } from "./afternoon.ts"
export { ATTACKS, type Attack, type Measurement } from "./attacks/index.ts"
export { between, fraction, normal, seededDice } from "./dice.ts"
export { fitRadio, type HeldOut, heldOut, type RadioFit, TX_POWER_SCENES } from "./fit/fit.ts"
export { type BinGoodness, modelQuantiles, QUANTILES } from "./fit/goodness.ts"
export type { Curve } from "./fit/likelihood.ts"
export type { TxPowerTrial } from "./fit/tx-power.ts"
export { openPhone, type Phone, phoneClock, play, type VirtualTime } from "./neighbourhood.ts"
export { fieldRadio, type RadioModel, receive, receptionChance, typicalAttenuation } from "./radio.ts"
export {
  metresBetween,
  type Packet,
  type Point,
  type Recording,
  SCENE_NAMES,
  type Scene,
  type SceneName,
} from "./scene.ts"
export {
  addMeetings,
  type Meeting,
  NEAR_METRES,
  NEAR_SECONDS,
  truthOfPackets,
  truthOfPositions,
  type Verdict,
  verdict,
} from "./truth.ts"
