import { type EpochMs, type Impediment, type Radio, radio, type Sighting } from "lindung/client"
import { broadcast, setCompanyId, stopBroadcast } from "react-native-ble-advertiser"
import { type BleManager, type Device, ScanMode, State } from "react-native-ble-plx"
import { fromBase64 } from "./base64.ts"

type Signal = Parameters<Radio["advertise"]>[1]

/** The platform's clock, and a sleep over its timers that ends with the signal. */
export interface Host {
  readonly clock: radio.TurnPorts["clock"]
  readonly sleep: radio.TurnPorts["sleep"]
}

const { service, payloadBytes } = radio.SYSTEMS.dp3t
const SERVICE = radio.longUuid(service)
/** For tests, by the list of company numbers; an app takes its own. */
const COMPANY = 0xffff
/** Android's AdvertiseSettings: balanced; ultra low power. */
const [BALANCED, ULTRA_LOW] = [1, 0]

/**
 * A radio over react-native-ble-plx (scanning) and react-native-ble-advertiser (advertising). The second cannot send
 * service data, so that this one sends the identifier as manufacturer data beside the service's number; it hears both
 * kinds.
 */
export function bluetoothRadio(manager: BleManager, { clock, sleep }: Host): Radio {
  const ear = new radio.Ear("dp3t")
  let scanId = 0
  setCompanyId(COMPANY)

  const voice: radio.Voice = {
    async start(payload) {
      // Android gives every advertiser that is started an address of its own.
      await broadcast(SERVICE, [...payload], {
        advertiseMode: BALANCED,
        txPowerLevel: ULTRA_LOW,
        includeDeviceName: false,
        includeTxPowerLevel: true,
        connectable: false,
      })
    },
    async stop() {
      await stopBroadcast()
    },
  }

  function sighting(device: Device): Sighting | undefined {
    if (device.rssi === null) return undefined
    const reception = { rssi: device.rssi, at: clock.now() as EpochMs, scanId }
    const heard = ear.hear(fieldsOf(device), reception)
    return heard === "connect" ? undefined : heard
  }

  return {
    can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
    advertise: (next, signal) => radio.inTurns(next, voice, { clock, sleep }, signal),
    async scan(plan, on, signal) {
      while (!signal.aborted) {
        scanId++
        await scanOnce(manager, plan.windowMs, device => {
          const heard = sighting(device)
          if (heard !== undefined) on(heard)
        })
        if (!signal.aborted) await sleep(plan.everyMs - plan.windowMs, signal)
      }

      async function scanOnce(of: BleManager, milliseconds: number, take: (device: Device) => void): Promise<void> {
        let failed: Error | undefined
        // A filter: Android scans with the screen off for nobody who asks for everything.
        await of.startDeviceScan(
          [SERVICE],
          { allowDuplicates: true, scanMode: ScanMode.LowLatency },
          (error, device) => {
            if (error !== null) failed = error
            else if (device !== null) take(device)
          },
        )
        try {
          await sleep(milliseconds, signal)
        } finally {
          await of.stopDeviceScan()
        }
        if (failed !== undefined) throw failed
      }
    },
    health: signal => health(manager, clock, signal),
  }
}

/** What was heard, as lindung reads it: service data, or the manufacturer data that this example sends in their place. */
function fieldsOf({ serviceUUIDs, serviceData, manufacturerData, txPowerLevel }: Device): radio.Fields {
  const services = (serviceUUIDs ?? []).some(uuid => uuid.toLowerCase() === SERVICE) ? [service] : []
  const power = txPowerLevel === null ? {} : { txPower: txPowerLevel }
  const standing = Object.entries(serviceData ?? {})
    .filter(([uuid]) => uuid.toLowerCase() === SERVICE)
    .map(([, text]) => fromBase64(text))
  const company = manufacturerData === null ? undefined : fromBase64(manufacturerData)
  const isOurs = company?.length === 2 + payloadBytes && (company[0]! | (company[1]! << 8)) === COMPANY
  const data = standing[0] ?? (services.length > 0 && isOurs ? company.subarray(2) : undefined)
  return { services, serviceData: data === undefined ? [] : [[service, data]], ...power }
}

const TROUBLE: Partial<Record<State, Pick<Impediment, "code" | "userCan">>> = {
  [State.PoweredOff]: { code: "bluetooth-off", userCan: "open-bluetooth" },
  [State.Unauthorized]: { code: "permission-missing", userCan: "grant-permission" },
  [State.Unsupported]: { code: "bluetooth-unsupported", userCan: "nothing" },
  [State.Resetting]: { code: "radio-failed", userCan: "wait" },
}

/** What Bluetooth itself says, as long as the signal lets it. */
async function* health(
  manager: BleManager,
  clock: Host["clock"],
  signal: Signal = { aborted: false, addEventListener() {}, removeEventListener() {} },
): AsyncIterable<readonly Impediment[]> {
  const states: State[] = []
  let wake = () => {}
  const subscription = manager.onStateChange(state => {
    states.push(state)
    wake()
  }, true)
  signal.addEventListener("abort", () => wake())
  try {
    while (!signal.aborted) {
      const state = states.shift()
      if (state === undefined)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      else {
        const trouble = TROUBLE[state]
        yield trouble === undefined ? [] : [{ ...trouble, since: clock.now() }]
      }
    }
  } finally {
    subscription.remove()
  }
}
