import { radio } from "../../client/index.ts"
import { fromHex, hex } from "../../crypto/index.ts"
import type { Verifier } from "./check.ts"

interface AdvertisementFile {
  cases: { system: radio.BeaconSystem; payload: string; advertisement: string; txPower?: number }[]
  read: { what: string; advertisement: string; is: string }[]
}

const advertisements: Verifier = (file, check) => {
  const { cases, read } = file as AdvertisementFile
  for (const { system, payload, advertisement, txPower } of cases) {
    const power = txPower === undefined ? {} : { txPower }
    const beacon = { system, payload: fromHex(payload), ...power }
    check.equal(`${payload}: bytes`, hex(radio.buildAdvertisement(beacon)), advertisement)
    const heard = radio.readAdvertisement(fromHex(advertisement))
    const shown = heard.is === "beacon" ? { ...heard.beacon, payload: hex(heard.beacon.payload) } : heard
    check.equal(`${payload}: read`, shown, { system, payload, ...power })
  }
  for (const { what, advertisement, is } of read) {
    const heard = radio.readAdvertisement(fromHex(advertisement))
    check.equal(what, heard.is === "refused" ? heard.why : heard.is, is)
  }
}

/** By the file's `format`. */
export const advertisementVerifiers: Readonly<Record<string, Verifier>> = {
  "lindung-advertisement/1": advertisements,
}
