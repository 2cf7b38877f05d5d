import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { build } from "esbuild"
import { canceller } from "../../src/client/cancel.ts"
import { type EpochMs, type Impediment, type Radio, radio, type Sighting } from "../../src/client/index.ts"

/** What the two Bluetooth modules would do, as far as the example can tell. */
const MODULES = `
export const air = []
export const State = { PoweredOff: "PoweredOff", PoweredOn: "PoweredOn", Unauthorized: "Unauthorized" }
export const ScanMode = { LowLatency: 2 }
export const setCompanyId = company => air.push(["company", company])
export const broadcast = async (uid, data) => void air.push(["start", uid, data])
export const stopBroadcast = async () => void air.push(["stop"])
`

interface Loaded {
  bluetoothRadio(manager: unknown, host: Pick<radio.TurnPorts, "clock" | "sleep">): Radio
  fromBase64(text: string): Uint8Array | undefined
  readonly air: unknown[][]
}

async function load(): Promise<Loaded> {
  const made = await build({
    stdin: {
      contents: `export * from "./radio.js"; export * from "./base64.js"; export { air } from "react-native-ble-plx"`,
      resolveDir: fileURLToPath(new URL("../../examples/react-native/", import.meta.url)),
    },
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    plugins: [
      {
        name: "made-up modules",
        setup(builder) {
          builder.onResolve({ filter: /^react-native-ble-/ }, () => ({ path: "bluetooth", namespace: "made-up" }))
          builder.onLoad({ filter: /.*/, namespace: "made-up" }, () => ({ contents: MODULES }))
        },
      },
    ],
  })
  return import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0]!.contents).toString("base64")}`)
}

const base64 = (...bytes: number[]) => Buffer.from(bytes).toString("base64")
const SERVICE = radio.longUuid(radio.SYSTEMS.dp3t.service)
const ID = Array.from({ length: 16 }, (_, i) => i)
const QUIET = { rssi: -60, serviceUUIDs: [SERVICE], serviceData: null, manufacturerData: null, txPowerLevel: null }

describe("the example for React Native, over modules that are made up", () => {
  let loaded: Loaded
  before(async () => {
    loaded = await load()
  })
  const host = (sleeps: number[] = []) => ({
    clock: { now: () => 1_600_000_000_000 as EpochMs, monotonic: () => 0 },
    sleep: async (ms: number) => void sleeps.push(ms),
  })
  const listener = (devices: readonly object[], error: Error | null = null) => {
    const calls: unknown[] = []
    const manager = {
      startDeviceScan: async (uuids: unknown, _: unknown, on: (error: Error | null, device: object | null) => void) => {
        calls.push(uuids)
        if (error) on(error, null)
        for (const device of devices) on(null, { ...QUIET, ...device })
      },
      stopDeviceScan: async () => void calls.push("stop"),
      onStateChange: (on: (state: string) => void) => {
        on("PoweredOff")
        on("PoweredOn")
        return { remove: () => calls.push("removed") }
      },
    }
    return { manager, calls }
  }

  it("hears service data, and its own manufacturer data in their place; nothing else", async () => {
    const { manager, calls } = listener([
      { serviceData: { [SERVICE.toUpperCase()]: base64(...ID) }, txPowerLevel: 7 },
      { manufacturerData: base64(0xff, 0xff, ...ID) },
      { manufacturerData: base64(0x4c, 0x00, ...ID) },
      { manufacturerData: base64(0xff, 0xff, ...ID), serviceUUIDs: [] },
      { manufacturerData: base64(0xff, 0xff, ...ID, 1) },
      { serviceData: { [SERVICE]: base64(...ID.slice(1)) } },
      { serviceData: { [SERVICE]: "no base 64!" } },
      { serviceData: { [SERVICE]: base64(...ID) }, rssi: null },
    ])
    const heard: Sighting[] = []
    const sleeps: number[] = []
    const stop = canceller()
    const made = loaded.bluetoothRadio(manager, {
      ...host(),
      sleep: async ms => {
        if (sleeps.push(ms) === 3) stop.abort()
      },
    })
    await made.scan({ windowMs: 4000, everyMs: 240_000 }, sighting => heard.push(sighting), stop)
    expect(sleeps).to.deep.equal([4000, 236_000, 4000])
    expect(calls).to.deep.equal([[SERVICE], "stop", [SERVICE], "stop"])
    const at = 1_600_000_000_000
    const first = { payload: Uint8Array.from(ID), rssi: -60, at, scanId: 1 }
    expect(heard.slice(0, 2)).to.deep.equal([{ ...first, txPower: 7 }, first])
    expect(heard.map(({ scanId }) => scanId)).to.deep.equal([1, 1, 2, 2])
  })

  it("a scan that the system refuses fails, so that the client can say so", async () => {
    const { manager, calls } = listener([], new Error("location is off"))
    const failure = await loaded
      .bluetoothRadio(manager, host())
      .scan({ windowMs: 1, everyMs: 2 }, () => {}, canceller())
      .catch(error => error)
    expect([failure.message, calls.at(-1)]).to.deep.equal(["location is off", "stop"])
  })

  it("advertises each payload by itself: stopped before the next begins", async () => {
    loaded.air.length = 0
    const stop = canceller()
    let turns = 0
    const made = loaded.bluetoothRadio(listener([]).manager, host())
    const next = () => {
      if (++turns === 2) stop.abort()
      return { payload: Uint8Array.from(ID.map(byte => byte + turns)), until: 0 as EpochMs }
    }
    await made.advertise(next, stop)
    const data = (by: number) => ID.map(byte => byte + by)
    expect(loaded.air).to.deep.equal([
      ["company", 0xffff],
      ["start", SERVICE, data(1)],
      ["stop"],
      ["start", SERVICE, data(2)],
      ["stop"],
    ])
  })

  it("says what Bluetooth says about itself, until it is told to end", async () => {
    const { manager, calls } = listener([])
    const stop = canceller()
    const seen: (readonly Impediment[])[] = []
    for await (const trouble of loaded.bluetoothRadio(manager, host()).health!(stop)) {
      seen.push(trouble)
      if (seen.length === 2) stop.abort()
    }
    expect(seen.map(all => all.map(({ code, userCan }) => [code, userCan]))).to.deep.equal([
      [["bluetooth-off", "open-bluetooth"]],
      [],
    ])
    expect(calls).to.deep.equal(["removed"])
  })

  it("reads base 64 as Node does, and nothing else", () => {
    for (const length of [0, 1, 2, 3, 16, 18]) {
      const bytes = Uint8Array.from({ length }, (_, i) => 255 - 7 * i)
      expect(loaded.fromBase64(Buffer.from(bytes).toString("base64"))).to.deep.equal(bytes)
    }
    expect(loaded.fromBase64("a-b_")).to.equal(undefined)
  })
})
