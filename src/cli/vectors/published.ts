import { fromHex, gaen, hex, lowCost, time, unlinkable } from "../../crypto/index.ts"
import type { Verifier } from "./check.ts"

interface GooglePublishedFile {
  key_generation_unix: number
  enin: number
  rolling_period: number
  tek: string
  rpik: string
  aemk: string
  metadata: string
  rpis: string[]
  aems: string[]
}

const googlePublished: Verifier = (file, check) => {
  const v = file as GooglePublishedFile
  const [rpik, aemk] = [gaen.rpik(fromHex(v.tek)), gaen.aemk(fromHex(v.tek))]
  check.equal("interval of the key's generation", time.interval(v.key_generation_unix), v.enin)
  check.equal("rolling period", v.rpis.length, v.rolling_period)
  check.equal("rpik", hex(rpik), v.rpik)
  check.equal("aemk", hex(aemk), v.aemk)
  v.rpis.forEach((expected, j) => {
    const rpi = gaen.rpi(rpik, v.enin + j)
    check.equal(`rpi ${j}`, hex(rpi), expected)
    check.equal(`aem ${j}`, hex(gaen.aem(aemk, rpi, fromHex(v.metadata))), v.aems[j])
  })
}

interface ExportFactsFile {
  keys: { tek: string; transmission_risk_level: number; rolling_start: number; rolling_period?: number }[]
  start_timestamp: number
  end_timestamp: number
}

/** Facts of a decoded file: every key can be used, and the keys stand in the order that the format asks for. */
const exportFacts: Verifier = (file, check) => {
  const { keys, start_timestamp, end_timestamp } = file as ExportFactsFile
  check.ok("the period is not empty", start_timestamp < end_timestamp)
  keys.forEach(({ tek, rolling_start, rolling_period = gaen.ROLLING_PERIOD, transmission_risk_level }, i) => {
    const rpik = gaen.rpik(fromHex(tek))
    const found = gaen.candidates(
      [{ tek: fromHex(tek), rollingStart: rolling_start, rollingPeriod: rolling_period }],
      [{ rpi: gaen.rpi(rpik, rolling_start + rolling_period - 1), interval: rolling_start + rolling_period - 1 }],
    )
    check.equal(`key ${i} explains its last identifier`, found.length, 1)
    check.ok(`key ${i} has a risk level`, transmission_risk_level >= 0 && transmission_risk_level <= 8)
    check.ok(`key ${i} stands after the one before`, i === 0 || keys[i - 1]!.tek < tek)
  })
}

interface ReferenceFile {
  lowcost: { keys: { t: number; sk: string; ephids: Record<string, string> }[] }
  unlinkable: {
    seeds: { seed: string; ephid: string }[]
    epochs: { iso: string; epoch: number }[]
    items: { ephid: string; epoch: number; item: string }[]
  }
  test_constants: {
    "tests/test_lowcost.py": Record<string, string | number | string[]>
    "tests/test_unlinkable.py": Record<string, string | number>
  }
}

const referencePublished: Verifier = (file, check) => {
  const { lowcost, unlinkable: design2, test_constants } = file as ReferenceFile
  let sk: Uint8Array = fromHex(lowcost.keys[0]!.sk)
  for (const key of lowcost.keys) {
    check.equal(`low-cost t=${key.t} sk`, hex(sk), key.sk)
    const ephIds = lowCost.ephIds(sk)
    for (const [i, expected] of Object.entries(key.ephids))
      check.equal(`low-cost t=${key.t} ephid ${i}`, hex(ephIds[Number(i)]!), expected)
    sk = lowCost.nextDayKey(sk)
  }
  for (const { seed, ephid } of design2.seeds)
    check.equal(`ephid of ${seed.slice(0, 8)}`, hex(unlinkable.ephId(fromHex(seed))), ephid)
  for (const { iso, epoch } of design2.epochs) check.equal(`epoch of ${iso}`, time.epoch(Date.parse(iso) / 1000), epoch)
  for (const { ephid, epoch, item } of design2.items)
    check.equal(`item of epoch ${epoch}`, hex(unlinkable.observationHash(fromHex(ephid), epoch)), item)
  const one = test_constants["tests/test_lowcost.py"]
  check.equal(
    "low-cost test: day start",
    time.dayStart(time.day(Date.parse(String(one["START_TIME"])) / 1000)),
    one["START_TIME_DAY_START_IN_EPOCHS"],
  )
  check.equal("low-cost test: KEY1", hex(lowCost.nextDayKey(fromHex(String(one["KEY0"])))), one["KEY1"])
  check.equal("low-cost test: KEY2", hex(lowCost.nextDayKey(fromHex(String(one["KEY1"])))), one["KEY2"])
  const ephIds = lowCost.ephIds(fromHex(String(one["KEY1"]))).map(hex)
  for (const [i, expected] of (one["EPHIDS_KEY1"] as string[]).entries())
    check.equal(`low-cost test: EPHIDS_KEY1 ${i}`, ephIds[i], expected)
  const two = test_constants["tests/test_unlinkable.py"]
  for (const i of [0, 1]) {
    const epoch = time.epoch(Date.parse(String(two[`TIME${i}`])) / 1000)
    check.equal(`unlinkable test: EPHID${i}`, hex(unlinkable.ephId(fromHex(String(two[`SEED${i}`])))), two[`EPHID${i}`])
    check.equal(`unlinkable test: EPOCH${i}`, epoch, two[`EPOCH${i}`])
    const item = hex(unlinkable.observationHash(fromHex(String(two["EPHID1"])), epoch))
    check.equal(`unlinkable test: EPHID1 at TIME${i}`, item, two[`HASHED_OBSERVATION_EPHID1_TIME${i}`])
  }
}

/** By the file's `format`. */
export const publishedVerifiers: Readonly<Record<string, Verifier>> = {
  "gaen-published-vectors/1": googlePublished,
  "gaen-export-facts/1": exportFacts,
  "dp3t-published-vectors/1": referencePublished,
}
