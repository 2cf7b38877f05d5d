import {
  ascii,
  concat,
  fromHex,
  gaen,
  hex,
  hmacSha256,
  hybrid,
  lowCost,
  sha256,
  time,
  u32,
  unlinkable,
} from "../../crypto/index.ts"
import { type Check, refuses, type Verifier } from "./check.ts"

// The files are checked as data: only the fields that are looked at are named here.
interface LowCostFile {
  cases: {
    id: string
    epochs_per_day: number
    start_day_unix: number
    sk0: string
    chain: { t: number; day_unix: number; sk: string; prf: string; ephids_sha256: string }[]
    days: { t: number; ephids: string[] }[]
  }[]
  time_cases: { unix: number; day_start_unix: number; batch_start_unix: number; epoch_of_day: number }[]
}

const lowCostVectors: Verifier = (file, check) => {
  const { cases, time_cases } = file as LowCostFile
  for (const c of cases) {
    let sk: Uint8Array = fromHex(c.sk0)
    for (const link of c.chain) {
      const name = `${c.id} t=${link.t}`
      check.equal(`${name} sk`, hex(sk), link.sk)
      check.equal(`${name} day`, time.dayStart(time.day(c.start_day_unix) + link.t), link.day_unix)
      check.equal(`${name} prf`, hex(hmacSha256(sk, ascii("broadcast key"))), link.prf)
      const ephIds = lowCost.ephIds(sk, c.epochs_per_day)
      check.equal(`${name} ephids`, hex(sha256(...ephIds)), link.ephids_sha256)
      const day = c.days.find(({ t }) => t === link.t)
      day?.ephids.forEach((expected, i) => {
        check.equal(`${name} ephid ${i}`, hex(ephIds[i]!), expected)
      })
      sk = lowCost.nextDayKey(sk)
    }
  }
  for (const c of time_cases) {
    check.equal(`day start of ${c.unix}`, time.dayStart(time.day(c.unix)), c.day_start_unix)
    check.equal(`batch start of ${c.unix}`, time.bucketStart(time.bucket(c.unix)), c.batch_start_unix)
    check.equal(`epoch of day at ${c.unix}`, time.epoch(c.unix) - time.epoch(c.day_start_unix), c.epoch_of_day)
  }
}

interface UnlinkableFile {
  cases: {
    id: string
    seed: string
    sha256_seed: string
    ephid: string
    items: { epoch: number; epoch_be: string; item: string }[]
  }[]
  days: {
    id: string
    start_unix: number
    first_epoch: number
    epochs: number
    seeds: string[]
    ephids: string[]
    items: string[]
  }[]
  epoch_cases: { unix: number; epoch: number }[]
  invalid_epochs: number[]
  tracing_info: {
    phone_tag: string
    start_unix: number
    now_day: number
    first: string
    last: string | null
    reported?: [number, number]
    count?: number
    seeds_sha256?: string
    error?: string
  }[]
}

const unlinkableVectors: Verifier = (file, check) => {
  const { cases, days, epoch_cases, invalid_epochs, tracing_info } = file as UnlinkableFile
  for (const c of cases) {
    const ephId = unlinkable.ephId(fromHex(c.seed))
    check.equal(`${c.id} H(seed)`, hex(sha256(fromHex(c.seed))), c.sha256_seed)
    check.equal(`${c.id} ephid`, hex(ephId), c.ephid)
    for (const { epoch, epoch_be, item } of c.items) {
      check.equal(`${c.id} epoch ${epoch} encoded`, hex(u32(epoch)), epoch_be)
      check.equal(`${c.id} epoch ${epoch} item`, hex(unlinkable.observationHash(ephId, epoch)), item)
    }
  }
  for (const d of days) {
    check.equal(`${d.id} first epoch`, time.epoch(d.start_unix), d.first_epoch)
    check.equal(`${d.id} epochs`, d.seeds.length, d.epochs)
    d.seeds.forEach((seed, i) => {
      const ephId = unlinkable.ephId(fromHex(seed))
      check.equal(`${d.id} ephid ${i}`, hex(ephId), d.ephids[i])
      check.equal(`${d.id} item ${i}`, hex(unlinkable.observationHash(ephId, d.first_epoch + i)), d.items[i])
    })
  }
  for (const { unix, epoch } of epoch_cases) check.equal(`epoch of ${unix}`, time.epoch(unix), epoch)
  for (const epoch of invalid_epochs)
    refuses(check, `epoch ${epoch} is refused`, () => unlinkable.observationHash(new Uint8Array(16), epoch))
  tracing_info.forEach((info, i) => {
    tracingInformation(info, `tracing information ${i}`, check)
  })
}

/** get_tracing_information of the reference: the epochs from first to last, both ends included. */
function tracingInformation(info: UnlinkableFile["tracing_info"][number], name: string, check: Check): void {
  const seconds = (iso: string) => Date.parse(iso) / 1000
  const today = info.start_unix + info.now_day * time.SECONDS_PER_DAY
  const first = time.epoch(seconds(info.first))
  const last = time.epoch(info.last === null ? today : seconds(info.last))
  const available = first <= last && first >= time.epoch(info.start_unix)
  check.equal(`${name} is available`, available, info.error === undefined)
  if (!available) return
  check.equal(`${name} epochs`, [first, last], info.reported)
  check.equal(`${name} count`, last - first + 1, info.count)
  const tag = fromHex(info.phone_tag)
  const seeds = Array.from({ length: last - first + 1 }, (_, i) => sha256(u32(first + i), tag))
  check.equal(`${name} seeds`, hex(sha256(...seeds)), info.seeds_sha256)
}

interface HybridFile {
  cases: {
    id: string
    window_minutes: number
    epoch_minutes: number
    n: number
    w: number
    window_start_unix: number
    seed: string
    prf: string
    ephids: string[]
  }[]
  time_cases: { unix: number; w: Record<string, number> }[]
  invalid_configs: { window_minutes: number; epoch_minutes: number }[]
}

const hybridVectors: Verifier = (file, check) => {
  const { cases, time_cases, invalid_configs } = file as HybridFile
  for (const c of cases) {
    check.equal(`${c.id} n`, c.window_minutes / c.epoch_minutes, c.n)
    check.equal(`${c.id} w`, time.window(c.window_start_unix, c.window_minutes, c.epoch_minutes), c.w)
    check.equal(`${c.id} prf`, hex(hmacSha256(fromHex(c.seed), ascii("DP3T-HYBRID"))), c.prf)
    hybrid.ephIds(fromHex(c.seed), c.n).forEach((ephId, i) => {
      check.equal(`${c.id} ephid ${i}`, hex(ephId), c.ephids[i])
    })
  }
  for (const { unix, w } of time_cases)
    for (const [minutes, expected] of Object.entries(w))
      check.equal(`window of ${unix} at W=${minutes}`, time.window(unix, Number(minutes)), expected)
  for (const { window_minutes, epoch_minutes } of invalid_configs)
    refuses(check, `W=${window_minutes}, L=${epoch_minutes} is refused`, () =>
      time.window(0, window_minutes, epoch_minutes),
    )
}

interface GaenFile {
  keys: {
    id: string
    tek: string
    rolling_start: number
    rpik: string
    aemk: string
    metadata?: string
    rpis?: string[]
    aems?: string[]
    samples?: { enin: number; padded: string; rpi: string; metadata: string; aem: string }[]
  }[]
  time_cases: { unix: number; enin: number; rolling_start: number }[]
}

const gaenVectors: Verifier = (file, check) => {
  const { keys, time_cases } = file as GaenFile
  for (const k of keys) {
    const [rpik, aemk] = [gaen.rpik(fromHex(k.tek)), gaen.aemk(fromHex(k.tek))]
    check.equal(`${k.id} rpik`, hex(rpik), k.rpik)
    check.equal(`${k.id} aemk`, hex(aemk), k.aemk)
    k.rpis?.forEach((expected, j) => {
      const rpi = gaen.rpi(rpik, k.rolling_start + j)
      check.equal(`${k.id} rpi ${j}`, hex(rpi), expected)
      check.equal(`${k.id} aem ${j}`, hex(gaen.aem(aemk, rpi, fromHex(k.metadata!))), k.aems?.[j])
    })
    for (const { enin, padded, rpi, metadata, aem } of k.samples ?? []) {
      check.equal(
        `${k.id} padded ${enin}`,
        hex(concat(ascii("EN-RPI"), new Uint8Array(6), u32(enin).reverse())),
        padded,
      )
      check.equal(`${k.id} rpi ${enin}`, hex(gaen.rpi(rpik, enin)), rpi)
      check.equal(`${k.id} aem ${enin}`, hex(gaen.aem(aemk, fromHex(rpi), fromHex(metadata))), aem)
    }
  }
  for (const { unix, enin, rolling_start } of time_cases) {
    check.equal(`interval of ${unix}`, time.interval(unix), enin)
    check.equal(`rolling start of ${unix}`, Math.floor(enin / gaen.ROLLING_PERIOD) * gaen.ROLLING_PERIOD, rolling_start)
  }
}

/** By the file's `format`. */
export const scheduleVerifiers: Readonly<Record<string, Verifier>> = {
  "dp3t-lowcost-vectors/1": lowCostVectors,
  "dp3t-unlinkable-vectors/1": unlinkableVectors,
  "dp3t-hybrid-vectors/1": hybridVectors,
  "gaen-vectors/1": gaenVectors,
}
