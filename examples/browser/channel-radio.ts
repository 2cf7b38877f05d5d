import { type Radio, radio, type Sighting } from "lindung/client"
import type { PageClock } from "./clock.ts"

/** A beacon in the air between tabs: an advertisement, who sends it, and how far away its sender says it is. */
interface Wave {
  readonly address: string
  readonly apart: number
  readonly advertisement: Uint8Array
}

const ADVERTISE_MS = 250
const TX_POWER = 12
const SENSITIVITY = -100

/** A radio whose air is all tabs of this browser that show this page. @param attenuation dB to any other phone, now */
export function channelRadio(clock: PageClock, attenuation: () => number): Radio {
  const channel = new BroadcastChannel("lindung radio")
  const ear = new radio.Ear("dp3t")
  const { sleep } = clock
  let on: ((sighting: Sighting) => void) | undefined
  let scanId = 0

  channel.onmessage = ({ data }: MessageEvent<Wave>) => {
    const heard = on && ear.hear(data.advertisement, { rssi: 0, at: clock.now(), scanId })
    if (heard === undefined || heard === "connect") return
    const rssi = (heard.txPower ?? TX_POWER) - Math.max(data.apart, attenuation())
    if (rssi >= SENSITIVITY) on?.({ ...heard, rssi })
  }

  function voice(): radio.Voice {
    let speech: AbortController | undefined
    let speaking = Promise.resolve()
    return {
      async start(payload) {
        const mine = new AbortController()
        speech = mine
        const address = crypto.randomUUID()
        const bytes = new Uint8Array(payload)
        const advertisement = radio.buildAdvertisement({ system: "dp3t", payload: bytes, txPower: TX_POWER })
        const speak = async () => {
          while (!mine.signal.aborted) {
            channel.postMessage({ address, apart: attenuation(), advertisement } satisfies Wave)
            await sleep(ADVERTISE_MS, mine.signal)
          }
        }
        speaking = speak()
      },
      stop() {
        speech?.abort()
        return speaking
      },
    }
  }

  return {
    can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
    advertise: (next, signal) => radio.inTurns(next, voice(), { clock, sleep }, signal),
    async scan(plan, hear, signal) {
      while (!signal.aborted) {
        scanId++
        on = hear
        await sleep(plan.windowMs, signal)
        on = undefined
        if (!signal.aborted) await sleep(plan.everyMs - plan.windowMs, signal)
      }
    },
  }
}
