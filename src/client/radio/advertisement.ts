import { concat, requireBytes } from "../../crypto/index.ts"

/*
 * A legacy advertisement is a row of structures, 31 bytes at most in all
 *   u8   bytes that follow
 *   u8   type
 *   …    data
 *
 * system  flags    services      transmit power   service data
 * dp3t    02 01 1A 03 03 68 FD   02 0A s8 dBm     13 16 68 FD ‖ EphID 16               30 bytes
 * gaen    02 01 1A 03 03 6F FD   in the AEM       17 16 6F FD ‖ RPI 16 ‖ AEM 4         31 bytes
 *
 * Nothing else is in it, the phone's name least of all: whatever does not change with the identifier links identifiers.
 * Flags are what the stack of a phone makes of them; they are the same for all phones of a kind.
 */
const FLAGS = 0x01
const SERVICES = [0x02, 0x03]
const TX_POWER = 0x0a
const SERVICE_DATA = 0x16
const GENERAL_DISCOVERABLE = 0x1a
/** Some stacks hand over the scan response behind the advertisement, and zeros behind that. */
const MAX_BYTES = 62

/** Whose beacon it is: the DP-3T apps of spring 2020 and the native designs, or Google's and Apple's service. */
export type BeaconSystem = "dp3t" | "gaen"

/** Assigned 16-bit service numbers, and what stands behind them. */
export const SYSTEMS: Readonly<Record<BeaconSystem, { readonly service: number; readonly payloadBytes: number }>> = {
  dp3t: { service: 0xfd68, payloadBytes: 16 },
  gaen: { service: 0xfd6f, payloadBytes: 20 },
}

/** Where a phone that cannot put the identifier into its advertisement, an iPhone, lets it be read over a connection. */
export const EPHID_CHARACTERISTIC = "8c8494e3-bab5-1848-40a0-1b06991c0001"

/** A 16-bit service number as the 128-bit text that most Bluetooth libraries want. */
export const longUuid = (service: number): string =>
  `0000${service.toString(16).padStart(4, "0")}-0000-1000-8000-00805f9b34fb`

export interface Beacon {
  readonly system: BeaconSystem
  /** 16 bytes EphID, or 20 bytes RPI ‖ AEM. */
  readonly payload: Uint8Array<ArrayBuffer>
  /** dBm, where the advertisement says it. GAEN's is encrypted in the payload. */
  readonly txPower?: number
}

const structure = (type: number, ...data: number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(data.length + 1, type, ...data)

/**
 * The bytes of one advertisement.
 * @throws RangeError for a payload of the wrong length, or a transmit power that is not a whole number of −127 to 127 dBm
 */
export function buildAdvertisement({ system, payload, txPower }: Beacon): Uint8Array<ArrayBuffer> {
  const { service, payloadBytes } = SYSTEMS[system]
  requireBytes("payload", payloadBytes, payload)
  const uuid = [service & 0xff, service >> 8]
  const parts = [structure(FLAGS, GENERAL_DISCOVERABLE), structure(SERVICES[1]!, ...uuid)]
  if (txPower !== undefined) {
    if (system === "gaen") throw new RangeError("txPower: GAEN says it in the payload only")
    if (!Number.isInteger(txPower) || Math.abs(txPower) > 127)
      throw new RangeError(`txPower: expected -127 to 127 dBm, got ${txPower}`)
    parts.push(structure(TX_POWER, txPower & 0xff))
  }
  return concat(...parts, structure(SERVICE_DATA, ...uuid, ...payload))
}

/** What an advertisement says, as raw bytes hold it or as a Bluetooth library hands it over. */
export interface Fields {
  /** 16-bit service numbers that it names. */
  readonly services: readonly number[]
  /** Data by service number. One that stands twice is listed twice. */
  readonly serviceData: readonly (readonly [service: number, data: Uint8Array])[]
  readonly txPower?: number | undefined
}

/**
 * `refused`: not one whole beacon of a known service. `foreign`: no known service at all; `length`: its data have a
 * length that no identifier has; `malformed`: the structures do not fit, or there are two beacons in one.
 * `connect`: the identifier is to be read from {@link EPHID_CHARACTERISTIC}.
 */
export type Advertisement =
  | { readonly is: "beacon"; readonly beacon: Beacon }
  | { readonly is: "connect"; readonly txPower?: number }
  | { readonly is: "refused"; readonly why: "foreign" | "length" | "malformed" }

const refused = (why: "foreign" | "length" | "malformed"): Advertisement => ({ is: "refused", why })

/** The fields of raw bytes; undefined where they are no row of structures. */
export function parseFields(input: Uint8Array): Fields | undefined {
  if (input.length > MAX_BYTES) return undefined
  const services: number[] = []
  const serviceData: [number, Uint8Array][] = []
  let txPower: number | undefined
  for (let at = 0; at < input.length; ) {
    const length = input[at]!
    // A length of zero ends the significant part.
    if (length === 0) break
    const end = at + 1 + length
    if (end > input.length) return undefined
    const type = input[at + 1]!
    const data = input.subarray(at + 2, end)
    at = end
    if (SERVICES.includes(type)) {
      if (data.length % 2 !== 0) return undefined
      for (let i = 0; i < data.length; i += 2) services.push(data[i]! | (data[i + 1]! << 8))
    } else if (type === TX_POWER) {
      if (data.length !== 1 || txPower !== undefined) return undefined
      txPower = (data[0]! << 24) >> 24
    } else if (type === SERVICE_DATA) {
      if (data.length < 2) return undefined
      serviceData.push([data[0]! | (data[1]! << 8), data.subarray(2)])
    }
  }
  return { services, serviceData, txPower }
}

/** What to make of an advertisement. The payload is copied. */
export function readFields({ services, serviceData, txPower }: Fields): Advertisement {
  const names = Object.keys(SYSTEMS) as BeaconSystem[]
  const ours = serviceData.flatMap(([service, data]) =>
    names.filter(name => SYSTEMS[name].service === service).map(system => ({ system, data })),
  )
  if (ours.length > 1) return refused("malformed")
  const [only] = ours
  const power = txPower === undefined ? {} : { txPower }
  if (only === undefined)
    return services.includes(SYSTEMS.dp3t.service) ? { is: "connect", ...power } : refused("foreign")
  const { system, data } = only
  if (data.length !== SYSTEMS[system].payloadBytes) return refused("length")
  const payload = new Uint8Array(data)
  return { is: "beacon", beacon: { system, payload, ...(system === "dp3t" && power) } }
}

/** What to make of the raw bytes of an advertisement. It never throws. */
export function readAdvertisement(input: Uint8Array): Advertisement {
  const fields = parseFields(input)
  return fields === undefined ? refused("malformed") : readFields(fields)
}

/** What was read over a connection. It never throws. */
export const readCharacteristic = (value: Uint8Array, txPower?: number): Advertisement =>
  value.length === SYSTEMS.dp3t.payloadBytes
    ? {
        is: "beacon",
        beacon: { system: "dp3t", payload: new Uint8Array(value), ...(txPower === undefined ? {} : { txPower }) },
      }
    : refused("length")
