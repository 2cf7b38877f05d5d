import { createPublicKey, verify } from "node:crypto"
import { cover } from "../../client/index.ts"
import { equal, lowCost } from "../../crypto/index.ts"
import type { Check, Verifier } from "./check.ts"
import { batchesToFetch, settleCover } from "./deployed-sync.ts"

const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))

interface EphIdFile {
  secretKey: string
  ephIds: string[]
  epochsPerDay: number
  lookups: {
    key: string
    token: string
    expectedMatch: boolean
    foundDayOffset?: number
    foundIndex?: number
    note?: string
  }[]
}

/** Where a token is among the EphIDs of a key and of the days after it; undefined when it is nowhere. */
function lookUp(key: Uint8Array, token: Uint8Array, days: number): { day: number; index: number } | undefined {
  if (key.length !== lowCost.DAY_KEY_BYTES) return undefined
  let current: Uint8Array = key
  for (let day = 0; day < days; day++) {
    const index = lowCost.ephIds(current).findIndex(ephId => equal(ephId, token))
    if (index >= 0) return { day, index }
    current = lowCost.nextDayKey(current)
  }
  return undefined
}

export const ephIds: Verifier = (input, check) => {
  const file = input as EphIdFile
  const dayKey = base64(file.secretKey)
  const own = lowCost.ephIds(dayKey, file.epochsPerDay)
  check.equal("number of EphIDs", own.length, file.ephIds.length)
  for (const [i, expected] of file.ephIds.entries())
    check.equal(`EphID ${i}`, Buffer.from(own[i] ?? []).toString("base64"), expected)
  check.equal("the EphIDs of a day are distinct", new Set(own.map(String)).size, own.length)
  check.equal("asking twice gives the same", lowCost.ephIds(dayKey).map(String), own.map(String))
  for (const [i, { key, token, expectedMatch, foundDayOffset, foundIndex }] of file.lookups.entries()) {
    const found = lookUp(base64(key), base64(token), 2)
    check.equal(`look-up ${i}`, found !== undefined, expectedMatch)
    if (expectedMatch) check.equal(`look-up ${i}: place`, found, { day: foundDayOffset, index: foundIndex })
  }
  const heard = [{ ephId: own[3]!, day: 0 }]
  const published = (firstDay: number): number =>
    lowCost.candidates([{ dayKey, firstDay, lastDay: firstDay + 1 }], heard).length
  check.equal("a key published for the day of a contact matches it", published(0), 1)
  check.equal("a key published for a later day does not", published(1), 0)
}

interface SignatureFile {
  publicKeyBase64Pem: string
  valid: { jws: string; contentHash: string }
  invalid: { jws: string; expected: string }
}

interface Claims {
  "content-hash": string
  "hash-alg": string
  iat: number
  exp: number
}

/** The claims of an ES256 token; undefined when its signature does not check or it is not valid at that time. */
function claims(jws: string, publicKeyPem: string, now: number): Claims | undefined {
  const [header, payload, signature] = jws.split(".") as [string, string, string]
  if (JSON.parse(Buffer.from(header, "base64url").toString()).alg !== "ES256") return undefined
  const key = { key: createPublicKey(publicKeyPem), dsaEncoding: "ieee-p1363" } as const
  if (!verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))) return undefined
  const content = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims
  return now >= content.iat && now < content.exp ? content : undefined
}

export const batchSignature: Verifier = (input, check) => {
  const file = input as SignatureFile
  const pem = Buffer.from(file.publicKeyBase64Pem, "base64").toString()
  const issued = 1_588_089_600
  const content = claims(file.valid.jws, pem, issued)
  check.equal("the valid token verifies", content?.["content-hash"], file.valid.contentHash)
  check.equal("it names its hash", content?.["hash-alg"], "sha-256")
  check.equal("it has expired since", claims(file.valid.jws, pem, content?.exp ?? 0), undefined)
  check.equal("the broken token does not", claims(file.invalid.jws, pem, issued), undefined)
}

interface SyncFile {
  cases: { title: string; requests?: number | number[]; matcherCalls?: number }[]
}

/** What the two statements about HTTP say is no question of a schedule: batches here are immutable files. */
const ABOUT_HTTP = ["cached response with another ETag: the new body is parsed", "empty protobuf body"]

export const batchSync: Verifier = (input, check) => {
  const now = 1_589_000_000
  const bucket = 7200
  const current = Math.floor(now / bucket) * bucket
  const first = batchesToFetch(undefined, now)
  const later = batchesToFetch(first.cursor, now + 24 * bucket)
  const again = batchesToFetch(later.cursor, now + 24 * bucket)
  const behind = batchesToFetch(current - 100 * bucket, now)
  const scenarios: Record<string, () => { requests?: number | number[]; matcherCalls?: number }> = {
    "first ever sync: the cursor starts at the current batch start, nothing is fetched": () => {
      check.equal("the first cursor is the current batch start", first.cursor, current)
      return { requests: first.batches.length }
    },
    "cursor 100 batches ago": () => {
      check.equal("the cursor afterwards is the current batch start", behind.cursor, current)
      return { requests: behind.batches.length }
    },
    "first sync, then sync 24 batches later": () => ({ requests: [first.batches.length, later.batches.length] }),
    "one known case in a batch reaches the matcher once": () => {
      const released = later.batches[7]
      const fetched = [...first.batches, ...later.batches, ...again.batches]
      return { matcherCalls: fetched.filter(batch => batch === released).length }
    },
  }
  for (const { title, ...expected } of (input as SyncFile).cases) {
    if (ABOUT_HTTP.includes(title)) continue
    const actual = scenarios[title]?.()
    if (actual === undefined) check.ok(title, false, "no such scenario is known")
    else if (expected.requests !== undefined) check.equal(title, actual.requests, expected.requests)
    else check.equal(title, actual.matcherCalls, expected.matcherCalls)
  }
}

interface TrafficFile {
  samplingRatePerDay: number
  meanIntervalDays: number
  meanTolerance: number
  catchUpLimitHours: number
  schedule: { at: number | string; intervalDays: number; requests: number }[]
  singles: {
    title: string
    requests?: number | string
    tChanges?: boolean
    tMovesForward?: boolean
    retryQueued?: boolean
  }[]
}

const DAY = 86_400

export const fakeTraffic: Verifier = (input, check) => {
  const file = input as TrafficFile
  verifySchedule(file, check)
  verifySingles(file, check)
  check.close("rate and mean belong together", file.samplingRatePerDay * file.meanIntervalDays, 1)
  // A fixed sequence of bytes: the mean is a claim about the formula, not about luck.
  let state = 1
  const nextByte = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return state >>> 7
  }
  const random = { bytes: (n: number) => Uint8Array.from({ length: n }, nextByte) }
  let total = 0
  const draws = 20_000
  for (let i = 0; i < draws; i++) total += cover.coverInterval(random, file.meanIntervalDays)
  check.close("mean interval in days", total / draws / DAY, file.meanIntervalDays, file.meanTolerance)
}

function verifySchedule({ schedule, catchUpLimitHours }: TrafficFile, check: Check): void {
  let scheduled: number | undefined
  for (const { at, intervalDays, requests } of schedule) {
    const [from, to] = typeof at === "number" ? [at, at] : (at.match(/\d+/g)!.map(Number) as [number, number])
    let sent = 0
    for (let day = from; day <= to; day++) {
      const now = day * DAY + 0.001
      const interval = (): number => intervalDays * DAY
      // The first time is drawn when the schedule begins.
      if (scheduled === undefined) scheduled = day * DAY + interval()
      const { overdue, next } = cover.overdueCover(scheduled, now, interval, catchUpLimitHours)
      sent += overdue.length
      scheduled = next
    }
    check.equal(`requests at day ${at}`, sent, requests)
  }
}

function verifySingles({ singles, catchUpLimitHours, meanIntervalDays }: TrafficFile, check: Check): void {
  const now = 100 * DAY
  const run = (scheduled: number, sent: boolean): { requests: number; changes: boolean; retry: boolean } => {
    const due = cover.overdueCover(scheduled, now, () => meanIntervalDays * DAY, catchUpLimitHours)
    const after = settleCover(scheduled, due.next, now, sent || due.overdue.length === 0)
    return { requests: due.overdue.length, changes: after.scheduled > scheduled, retry: after.retryAt !== undefined }
  }
  const scenarios: Record<string, () => ReturnType<typeof run>> = {
    "T one day ahead": () => run(now + DAY, true),
    "T one day ago, server 200": () => run(now - DAY, true),
    "T one day ago, server 503": () => run(now - DAY, false),
    // The clock is a little later by the time it is read.
    "T two days ago: the overdue request is dropped": () => run(now - 2 * DAY - 0.001, true),
  }
  for (const { title, requests, tChanges, tMovesForward, retryQueued } of singles) {
    const actual = scenarios[title]?.()
    if (actual === undefined) {
      check.ok(title, false, "no such scenario is known")
      continue
    }
    if (typeof requests === "number") check.equal(`${title}: requests`, actual.requests, requests)
    if (requests === ">=1") check.ok(`${title}: requests`, actual.requests >= 1)
    if (tChanges !== undefined) check.equal(`${title}: T changes`, actual.changes, tChanges)
    if (tMovesForward !== undefined) check.equal(`${title}: T moves forward`, actual.changes, tMovesForward)
    if (retryQueued !== undefined) check.equal(`${title}: tried again`, actual.retry, retryQueued)
  }
}
