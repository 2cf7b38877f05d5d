import { risk } from "../../client/index.ts"
import { hex, lowCost } from "../../crypto/index.ts"
import type { Check, Verifier } from "./check.ts"
import { addExposureDay, NO_EXPOSURE_DAYS } from "./deployed-days.ts"

interface ContactsFile {
  parameters: { windowMs: number; attenuationThreshold: number; windowsForExposure: number; defaultTxPower: number }
  cases: {
    id: string
    about: string
    handshakes: { ephId: string; ts: number; tx: number | null; rssi: number }[]
    expectedAndroid: risk.Contact[]
    expectedIosRule: risk.Contact[]
  }[]
  scenarios: {
    title: string
    expectedExposureDays?: number
    expectedMatch?: boolean
    expectedContacts?: number
    expectedNotifications?: number
  }[]
}

const sorted = (contacts: readonly risk.Contact[]): risk.Contact[] =>
  [...contacts].sort((a, b) => (a.ephId < b.ephId ? -1 : 1))

export const contacts: Verifier = (input, check) => {
  const file = input as ContactsFile
  const android: risk.WindowCount = {
    from: "first-handshake",
    closed: "start",
    windowMinutes: file.parameters.windowMs / 60_000,
    contactAttenuation: file.parameters.attenuationThreshold,
    txPower: file.parameters.defaultTxPower,
  }
  const ios: risk.WindowCount = { ...android, from: "quarter-hour", closed: "end" }
  for (const { id, about, handshakes, expectedAndroid, expectedIosRule } of file.cases) {
    const heard = handshakes.map(
      ({ ephId, ts, tx, rssi }): risk.Handshake => ({ ephId, at: ts, rssi, ...(tx === null ? {} : { txPower: tx }) }),
    )
    check.equal(`${id} ${about}: Android`, sorted(risk.contacts(android, heard)), sorted(expectedAndroid))
    check.equal(`${id} ${about}: iOS rule`, sorted(risk.contacts(ios, heard)), sorted(expectedIosRule))
  }
  verifyScenarios(file, android, ios, check)
}

const MINUTE = 60_000
const DAY = 86_400_000
/** Eight in the morning of a day. */
const NOW = 18_390 * DAY + 8 * 60 * MINUTE
const TODAY = Math.floor(NOW / DAY)
/** Exposure days older than this are not shown. */
const SHOWN_DAYS = 10

interface Person {
  readonly dayKey: Uint8Array
  readonly keyDay: number
}

const person = (seed: number, keyDay: number): Person => ({ dayKey: new Uint8Array(32).fill(seed), keyDay })

function keyOf({ dayKey, keyDay }: Person, day: number): Uint8Array {
  let key = dayKey
  for (let i = keyDay; i < day; i++) key = lowCost.nextDayKey(key)
  return key
}

/** One handshake a minute from `startMs` on with one EphID of the person's day, attenuation 49 dB. */
function handshakes(of: Person, startMs: number, count: number): risk.Handshake[] {
  const ephId = hex(lowCost.ephIds(keyOf(of, Math.floor(startMs / DAY)))[7]!)
  return Array.from({ length: count }, (_, i) => ({ ephId, at: startMs + i * MINUTE, rssi: -70, txPower: -21 }))
}

/** Contacts of the published people, matched by identifier and day, and the days they make. */
function exposureDays(found: readonly risk.Contact[], published: readonly Person[], windows: number): number[] {
  const matched = lowCost
    .candidates(
      published.map(({ dayKey, keyDay }) => ({ dayKey, firstDay: keyDay, lastDay: TODAY })),
      found.map(({ ephId, date }) => ({
        ephId: new Uint8Array(Buffer.from(ephId, "hex")),
        day: Math.floor(date / DAY),
      })),
    )
    .map(({ observation }) => found[observation]!)
  return risk.exposureDays(matched, windows).filter(day => TODAY - day <= SHOWN_DAYS)
}

function verifyScenarios(
  { scenarios, parameters: { windowsForExposure: needed } }: ContactsFile,
  android: risk.WindowCount,
  ios: risk.WindowCount,
  check: Check,
): void {
  const start = NOW - 30 * MINUTE
  const days = (heard: readonly risk.Handshake[], published: readonly Person[]): number =>
    exposureDays(risk.contacts(android, heard), published, needed).length
  const contact = (windowCount: number, hour: number, ephId = "a"): risk.Contact => ({
    ephId,
    date: TODAY * DAY + hour * 60 * MINUTE,
    windowCount,
  })
  const matches = (...found: risk.Contact[]): boolean => risk.exposureDays(found, needed).length > 0

  const sameOne = person(1, TODAY)
  const sinceYesterday = person(2, TODAY - 1)
  const longAgo = person(3, TODAY - 11)
  const [a, b] = [person(4, TODAY - 1), person(5, TODAY - 1)]
  const three = [...handshakes(a, start - DAY, 10), ...handshakes(b, start - DAY, 10), ...handshakes(b, start, 15)]
  const epochStart = Math.floor(NOW / 900_000) * 900_000
  const atEpochStart: risk.Handshake = { ephId: "c", at: epochStart, rssi: -40, txPower: 0 }
  const known: Record<string, () => number | boolean | undefined> = {
    "15 handshakes, one a minute from -30 to -16 min, tx -21 rssi -70 (attenuation 49), one EphID, key of today published today":
      () => days(handshakes(sameOne, start, 15), [sameOne]),
    "as above on two consecutive days, EphIDs of SK0 (yesterday) and SK1 (today); SK0 published with yesterday as key date":
      () =>
        days(
          [...handshakes(sinceYesterday, start - DAY, 15), ...handshakes(sinceYesterday, start, 15)],
          [sinceYesterday],
        ),
    "as the first one 11 days ago, key date 11 days ago, published today": () =>
      days(handshakes(longAgo, start - 11 * DAY, 15), [longAgo]),
    "yesterday 10 handshakes with person A and 10 with person B, today 15 with B; A published": () => days(three, [a]),
    "... then B published (key date yesterday): yesterday A+B windows add up, today B": () => days(three, [a, b]),
    "contact of windowCount threshold+1 on the key's day+1; batch 2 h later": () => matches(contact(needed + 1, 6)),
    "windowCount threshold-1": () => matches(contact(needed - 1, 6)),
    "three contacts with the same EphID and the same 2 h bucket, 2 windows each (unique key (date, ephID) keeps one)":
      () => matches(contact(2, 6), contact(2, 6), contact(2, 6)),
    "three contacts, same EphID, 01:00, 05:00, 06:00 of the day, 2 windows each: 6 >= 3": () =>
      matches(contact(2, 1), contact(2, 5), contact(2, 6)),
    "the same known case checked twice: the observer is told once": () => toldTwice(),
    "two contacts a day apart, two known cases": () =>
      days([...handshakes(a, start - DAY, 15), ...handshakes(b, start, 15)], [a, b]),
    "iOS: single handshake exactly at an epoch start": () => risk.contacts(ios, [atEpochStart]).length,
    "iOS: that one plus one a second later": () =>
      risk.contacts(ios, [atEpochStart, { ...atEpochStart, at: epochStart + 1000 }]).length,
  }
  for (const scenario of scenarios) {
    const { title, expectedExposureDays, expectedMatch, expectedContacts, expectedNotifications } = scenario
    const expected = expectedExposureDays ?? expectedMatch ?? expectedContacts ?? expectedNotifications
    if (ABOUT_STORAGE.includes(title)) continue
    const actual = known[title]?.()
    if (actual === undefined) check.ok(title, false, "no such scenario is known")
    else check.equal(title, actual, expected)
  }
}

/** Statements about when an app writes and deletes, which no rule decides. */
const ABOUT_STORAGE = [
  "handshakes of the running epoch are not turned into contacts yet",
  "contact/handshake older than 21 days + 1 s is deleted; 10.5 days old is kept",
]

/** How many of two looks at the same exposure day add something to tell. */
function toldTwice(): number {
  const day = risk.isoDay(TODAY)
  const first = addExposureDay(NO_EXPOSURE_DAYS, day, day)
  const second = addExposureDay(first, day, day)
  return [first !== NO_EXPOSURE_DAYS, second !== first].filter(Boolean).length
}
