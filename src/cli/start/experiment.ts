import { mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import type { MechanismName } from "../../authority/index.ts"
import { type DayResult, isoDay, memoryStore, type Status, type Store } from "../../client/index.ts"
import { time } from "../../crypto/index.ts"
import { type DesignName, designByName } from "../../protocol/index.ts"
import { nativeCurves } from "../../server/index.ts"
import {
  type Meeting,
  openPhone,
  type Phone,
  phoneClock,
  play,
  type Recording,
  type VirtualTime,
} from "../../simulator/index.ts"
import { nodeHttp, type Traffic } from "../http.ts"
import { systemRandom } from "../random.ts"
import { openServers, type Servers } from "./servers.ts"

/** What is to be played. */
export interface Plan {
  readonly recordings: readonly Recording[]
  readonly truth: readonly Meeting[]
  readonly design: DesignName
  readonly mechanism: MechanismName
  readonly positive: string
  readonly risk: string
  readonly directory: string
  readonly redeemMillis: number
  /** Each phone's own store; in memory when none is given. */
  readonly storeOf?: (person: string) => Store
}

/** What came of one person. */
export interface Outcome {
  readonly name: string
  readonly exposure: Status["exposure"]
  readonly day: DayResult
  readonly meeting: Meeting | undefined
  readonly traffic: Traffic
}

/** A world that has been played, and goes on while it is open. */
export interface Played {
  readonly outcomes: readonly Outcome[]
  readonly servers: Servers
  readonly virtual: VirtualTime
  /** Goes on to the end of the bucket: publishes, and lets every phone sync and do what is due. */
  nextBucket(): Promise<void>
  close(): Promise<void>
}

const HOURS_TO_RESULT = 16
const DAYS_CONTAGIOUS_BEFORE = 2
const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

/** The first free `data/run-N`: two runs never share a log. */
export async function freshDirectory(under: string): Promise<string> {
  await mkdir(under, { recursive: true })
  const taken = (await readdir(under)).flatMap(name => /^run-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
  for (let n = Math.max(0, ...taken) + 1; ; n++) {
    const directory = join(under, `run-${n}`)
    // Another start beside this one may have taken the number in between.
    const made = await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error
      return "taken"
    })
    if (made !== "taken") return directory
  }
}

/** Plays the recordings, lets one person report on the next day, and everybody learn of it. */
export async function runExperiment(plan: Plan, progress: (steps: number) => void): Promise<Played> {
  const { recordings, positive } = plan
  const first = recordings[0]!
  const people = [...new Set(recordings.flatMap(recording => recording.people))]
  // Phones and servers are up one bucket before anybody meets anybody.
  const virtual: VirtualTime = { now: time.bucketStart(time.bucket(first.start)) - time.SECONDS_PER_BUCKET }
  const servers = await openServers({ ...plan, virtual })
  const phones = new Map<string, Phone>()
  const transports = new Map<string, ReturnType<typeof nodeHttp>>()
  for (const name of people) {
    const http = nodeHttp()
    transports.set(name, http)
    phones.set(
      name,
      await openPhone(name, servers.appConfig, {
        clock: phoneClock(virtual),
        store: plan.storeOf?.(name) ?? memoryStore(),
        http,
        random: systemRandom,
        curves: nativeCurves,
      }),
    )
  }
  const each = (work: (phone: Phone) => Promise<unknown>) => Promise.all([...phones.values()].map(work))
  const everyBucket = async (): Promise<void> => {
    await servers.keyServer.publishDue()
    await each(async ({ client }) => {
      const result = await client.sync({ force: true })
      if (result.is === "failed") throw result.error
      await client.run("cover", { signal: never })
      await client.run("prune", { signal: never })
    })
  }
  const nextBucket = async (): Promise<void> => {
    virtual.now = time.bucketStart(time.bucket(virtual.now) + 1) + 1
    await everyBucket()
  }

  await each(({ client }) => client.sync({ force: true }))
  await each(({ client }) => client.start())
  const { bucketsAhead } = designByName(plan.design)!
  const epochSeconds = plan.design === "gaen" ? time.SECONDS_PER_INTERVAL : 900
  for (const recording of recordings) await play(recording, phones, virtual, { epochSeconds, everyBucket, progress })
  const met = time.day(first.start)
  const until = virtual.now + HOURS_TO_RESULT * 3600
  const tested = phones.get(positive)!
  const given = await test(tested, servers)
  while (virtual.now < until) await nextBucket()
  await result(tested, given, met - DAYS_CONTAGIOUS_BEFORE, servers)
  // Where the phone asks for itself, it does so within a day.
  while ((await tested.client.status()).report.is === "tested") await nextBucket()
  // The bucket closes; then the second upload of the report falls due, and its bucket closes too.
  for (let bucket = 0; bucket < 4 + 2 * bucketsAhead; bucket++) await nextBucket()

  const outcomes: Outcome[] = []
  for (const [name, { client }] of phones) {
    const meeting = plan.truth.find(({ a, b }) => (a === name && b === positive) || (b === name && a === positive))
    const { exposure } = await client.status()
    const day = await client.explain(isoDay(met))
    outcomes.push({ name, exposure, day, meeting, traffic: transports.get(name)!.traffic })
  }
  return {
    outcomes,
    servers,
    virtual,
    nextBucket,
    async close() {
      await each(({ client }) => client.close())
      for (const http of transports.values()) http.close()
      await servers.close()
    },
  }
}

/** Who acts for the test site, in the authority's log. */
const BY = "test-site"
const consentOf = ({ clock }: Phone) => ({ to: "health authority", at: clock.now() })

/** At the test. @returns what passes hands there: nothing, a dead code, or what the phone shows */
async function test(phone: Phone, servers: Servers): Promise<string> {
  const { mechanism } = servers.authority
  if (mechanism === "simple") return ""
  return mechanism === "activated"
    ? await servers.issueCode()
    : (await phone.client.prepareTest({ consent: consentOf(phone) })).qr
}

/** The test was positive: the person types the code, or the phone finds out for itself. */
async function result(phone: Phone, given: string, contagiousFromDay: number, servers: Servers): Promise<void> {
  const { authority } = servers
  if (authority.mechanism === "data-bound") {
    await authority.signCommitment({ test: given, contagiousFromDay }, BY)
    return
  }
  if (authority.mechanism === "activated") await authority.activate({ code: given, contagiousFromDay }, BY)
  const proof = authority.mechanism === "activated" ? given : await servers.issueCode(contagiousFromDay)
  const onset = isoDay(contagiousFromDay)
  const draft = await phone.client.prepareReport({ onset, proof, consent: consentOf(phone) })
  await draft.submit()
}
