import { type Candidate, fromHex, gaen, hex, hybrid, lowCost, time, unlinkable } from "../../crypto/index.ts"
import { type Check, refuses, type Verifier } from "./check.ts"

/** The reference implementation's own retention; the protocol keeps fourteen days. */
const REFERENCE_RETENTION_DAYS = 21

interface Expectation {
  matched: { obs: number; keys: number[] }[]
  unmatched: number[]
  matched_days: string[]
}

/** Pairs as the files write them: matching observations, each with the keys that explain it. */
function byObservation(found: readonly Candidate[], names: readonly number[]): { obs: number; keys: number[] }[] {
  const keys = new Map<number, Set<number>>()
  for (const { key, observation } of found) {
    const obs = names[observation]!
    keys.set(obs, (keys.get(obs) ?? new Set()).add(key))
  }
  return [...keys].map(([obs, set]) => ({ obs, keys: [...set].sort(ascending) })).sort((a, b) => a.obs - b.obs)
}

const ascending = (a: number, b: number): number => a - b
const isoDay = (unix: number): string => new Date(unix * 1000).toISOString().slice(0, 10)
const daysOf = (unix: readonly number[]): string[] => [...new Set(unix.map(isoDay))].sort()

type Step =
  | { op: "next_day" }
  | { op: "observe"; obs: number; ephid: string; time_unix: number; expect_error?: string }
  | { op: "housekeeping"; release_unix: number }
  | {
      op: "match"
      release_unix: number
      keys: { sk: string; start_unix: number }[]
      persons: { epochs: number[]; seeds: string[] }[]
      expect: Expectation & {
        matched: (number | { obs: number; keys: number[] })[]
        reference_count: number
        reference_count_per_key?: number[]
        reference_stored_unix?: (number | null)[]
        error?: string
      }
    }

interface StepsFile {
  design: "lowcost" | "unlinkable"
  scenarios: { id: string; title: string; phone: { start_unix: number }; steps: Step[] }[]
  uploads?: Upload[]
}

interface Heard {
  readonly obs: number
  readonly ephId: Uint8Array
  readonly unix: number
  /** Start of the two hours, or of the day after housekeeping: what the reference stores. */
  stored: number
}

/** The observer of a scenario, as far as it decides what is stored: its day, its retention, its coarsening. */
class Observer {
  heard: Heard[] = []
  /** Everything it ever heard or refused, so that what is gone counts as unmatched. */
  readonly all: number[] = []
  #today: number

  constructor(startUnix: number) {
    this.#today = time.dayStart(time.day(startUnix))
  }

  nextDay(): void {
    this.#today += time.SECONDS_PER_DAY
    this.heard = this.heard.filter(one => one.stored >= this.#today - REFERENCE_RETENTION_DAYS * time.SECONDS_PER_DAY)
  }

  observe(obs: number, ephId: Uint8Array, unix: number): void {
    this.all.push(obs)
    const stored = time.bucketStart(time.bucket(unix))
    if (stored < this.#today || stored >= this.#today + time.SECONDS_PER_DAY)
      throw new RangeError("an observation of another day")
    this.heard.push({ obs, ephId, unix, stored })
  }

  housekeeping(release: number): void {
    for (const one of this.heard) if (one.stored < release) one.stored = time.dayStart(time.day(one.stored))
  }
}

const scenarioSteps: Verifier = (file, check) => {
  const { design, scenarios, uploads } = file as StepsFile
  for (const { id, phone, steps } of scenarios) {
    const observer = new Observer(phone.start_unix)
    let matches = 0
    for (const step of steps) {
      if (step.op === "next_day") observer.nextDay()
      else if (step.op === "housekeeping") observer.housekeeping(step.release_unix)
      else if (step.op === "observe") {
        const observe = () => observer.observe(step.obs, fromHex(step.ephid), step.time_unix)
        if (step.expect_error) refuses(check, `${id} observation ${step.obs} is refused`, observe)
        else observe()
      } else {
        const name = `${id} match ${++matches}`
        if (design === "lowcost") lowCostMatch(step, observer, name, check)
        else unlinkableMatch(step, observer, name, check)
      }
    }
  }
  uploads?.forEach((upload, i) => {
    lowCostUpload(upload, `upload ${i}`, check)
  })
}

type MatchStep = Extract<Step, { op: "match" }>

function lowCostMatch(step: MatchStep, observer: Observer, name: string, check: Check): void {
  if (step.expect.error !== undefined) {
    check.ok(`${name}: a release off the grid is refused`, step.release_unix % time.SECONDS_PER_BUCKET !== 0)
    return
  }
  const before = observer.heard.filter(one => one.stored < step.release_unix)
  const found = lowCost.candidates(
    step.keys.map(({ sk, start_unix }) => ({
      dayKey: fromHex(sk),
      firstDay: time.day(start_unix),
      lastDay: time.day(step.release_unix),
    })),
    before.map(({ ephId, stored }) => ({ ephId, day: time.day(stored) })),
  )
  check.equal(
    `${name} matched`,
    byObservation(
      found,
      before.map(one => one.obs),
    ),
    step.expect.matched,
  )
  finish(
    step,
    observer,
    found.map(({ observation }) => before[observation]!),
    name,
    check,
  )
  // The reference stores an EphID once for each stored time, and counts it once for each key.
  const counted = new Set(
    found.map(({ key, observation }) => `${key} ${before[observation]!.stored} ${hex(before[observation]!.ephId)}`),
  )
  check.equal(`${name} reference count`, counted.size, step.expect.reference_count)
  const perKey = step.keys.map((_, key) => [...counted].filter(one => one.startsWith(`${key} `)).length)
  check.equal(`${name} reference count per key`, perKey, step.expect.reference_count_per_key)
  const stored = observer.all.map(obs => observer.heard.find(one => one.obs === obs)?.stored ?? null)
  check.equal(`${name} stored times`, stored, step.expect.reference_stored_unix)
}

function unlinkableMatch(step: MatchStep, observer: Observer, name: string, check: Check): void {
  const found = unlinkable.candidates(
    step.persons.flatMap(({ epochs, seeds }) => seeds.map((seed, i) => ({ seed: fromHex(seed), epoch: epochs[i]! }))),
    observer.heard.map(({ ephId, unix }) => ({ hash: unlinkable.observationHash(ephId, time.epoch(unix)) })),
  )
  const matched = [...new Set(found.map(({ observation }) => observation))]
    .sort(ascending)
    .map(at => observer.heard[at]!)
  check.equal(
    `${name} matched`,
    matched.map(one => one.obs),
    step.expect.matched,
  )
  finish(step, observer, matched, name, check)
  check.equal(`${name} reference count`, matched.length, step.expect.reference_count)
}

function finish(step: MatchStep, observer: Observer, matched: readonly Heard[], name: string, check: Check): void {
  const names = new Set(matched.map(one => one.obs))
  check.equal(
    `${name} unmatched`,
    observer.all.filter(obs => !names.has(obs)),
    step.expect.unmatched,
  )
  check.equal(`${name} days`, daysOf(matched.map(one => one.unix)), step.expect.matched_days)
}

interface Upload {
  sk0: string
  start_unix: number
  next_day_calls: number
  first_contagious_unix: number
  reset_key_after_release: boolean
  expect: { start_unix?: number; sk?: string; past_keys_left?: number; error?: string }
}

/** get_tracing_information of the reference: the key of the first contagious day, if the phone still has it. */
function lowCostUpload(u: Upload, name: string, check: Check): void {
  const first = time.day(u.first_contagious_unix)
  const start = time.day(u.start_unix)
  const today = start + u.next_day_calls
  const available = first >= Math.max(start, today - REFERENCE_RETENTION_DAYS) && first <= today
  check.equal(`${name} is available`, available, u.expect.error === undefined)
  if (!available) return
  let sk: Uint8Array = fromHex(u.sk0)
  for (let day = start; day < first; day++) sk = lowCost.nextDayKey(sk)
  check.equal(`${name} start`, time.dayStart(first), u.expect.start_unix)
  check.equal(`${name} sk`, hex(sk), u.expect.sk)
  check.equal(`${name} past keys left`, u.reset_key_after_release ? 0 : today - start, u.expect.past_keys_left)
}

interface HybridFile {
  scenarios: {
    id: string
    window_minutes: number
    epoch_minutes: number
    observations: { obs: number; ephid: string; time_unix: number }[]
    matches: {
      release_unix: number
      now_unix?: number
      published: { w: number; seed: string }[]
      expect: Expectation
    }[]
  }[]
}

const HYBRID_RETENTION_DAYS = 14

const hybridScenarios: Verifier = (file, check) => {
  for (const s of (file as HybridFile).scenarios) {
    s.matches.forEach((match, i) => {
      const name = `${s.id} match ${i + 1}`
      const kept = s.observations.filter(
        ({ time_unix }) =>
          match.now_unix === undefined || time.day(time_unix) >= time.day(match.now_unix) - HYBRID_RETENTION_DAYS,
      )
      const before = kept.filter(({ time_unix }) => time_unix < match.release_unix)
      const found = hybrid.candidates(
        match.published.map(({ w, seed }) => ({ seed: fromHex(seed), window: w })),
        before.map(({ ephid, time_unix }) => ({
          ephId: fromHex(ephid),
          window: time.window(time_unix, s.window_minutes, s.epoch_minutes),
        })),
        s.window_minutes / s.epoch_minutes,
      )
      const matched = byObservation(
        found,
        before.map(one => one.obs),
      )
      const names = new Set(matched.map(one => one.obs))
      check.equal(`${name} matched`, matched, match.expect.matched)
      const unmatched = s.observations.map(one => one.obs).filter(obs => !names.has(obs))
      check.equal(`${name} unmatched`, unmatched, match.expect.unmatched)
      const unix = s.observations.filter(one => names.has(one.obs)).map(one => one.time_unix)
      check.equal(`${name} days`, daysOf(unix), match.expect.matched_days)
    })
  }
}

interface GaenFile {
  scenarios: {
    id: string
    keys: { tek: string; rolling_start: number; rolling_period: number }[]
    sightings: { sighting: number; rpi: string; aem: string; time_unix: number }[]
    expect: { matched: { sighting: number; keys: number[]; enin: number; metadata: string }[]; unmatched: number[] }
  }[]
}

const gaenScenarios: Verifier = (file, check) => {
  for (const { id, keys, sightings, expect } of (file as GaenFile).scenarios) {
    const found = gaen.candidates(
      keys.map(key => ({ tek: fromHex(key.tek), rollingStart: key.rolling_start, rollingPeriod: key.rolling_period })),
      sightings.map(one => ({ rpi: fromHex(one.rpi), interval: time.interval(one.time_unix) })),
    )
    const matched = byObservation(
      found,
      sightings.map(one => one.sighting),
    ).map(({ obs, keys: explaining }) => {
      const { rpi, aem } = sightings.find(one => one.sighting === obs)!
      const { key, interval } = found.find(one => sightings[one.observation]!.sighting === obs)!
      const metadata = gaen.aem(gaen.aemk(fromHex(keys[key]!.tek)), fromHex(rpi), fromHex(aem))
      return { sighting: obs, keys: explaining, enin: interval, metadata: hex(metadata) }
    })
    check.equal(`${id} matched`, matched, expect.matched)
    const names = new Set(matched.map(one => one.sighting))
    check.equal(
      `${id} unmatched`,
      sightings.map(one => one.sighting).filter(one => !names.has(one)),
      expect.unmatched,
    )
  }
}

/** By the file's `format`. */
export const scenarioVerifiers: Readonly<Record<string, Verifier>> = {
  "dp3t-match-scenarios/1": scenarioSteps,
  "dp3t-match-scenarios-hybrid/1": hybridScenarios,
  "dp3t-match-scenarios-gaen/1": gaenScenarios,
}
