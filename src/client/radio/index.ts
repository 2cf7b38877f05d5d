/**
 * What a beacon looks like in the air, and how a radio keeps its promises.
 * @module
 */
export {
  type Advertisement,
  type Beacon,
  type BeaconSystem,
  buildAdvertisement,
  EPHID_CHARACTERISTIC,
  type Fields,
  longUuid,
  parseFields,
  readAdvertisement,
  readCharacteristic,
  readFields,
  SYSTEMS,
} from "./advertisement.ts"
export { Ear, type Reception } from "./ear.ts"
export { inTurns, type TurnPorts, type Voice } from "./turns.ts"
