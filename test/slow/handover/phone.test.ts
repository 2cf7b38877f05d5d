import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { type Canary, Search } from "../../../src/audit/index.ts"
import { type Client, LindungError, type Store } from "../../../src/client/index.ts"
import { sqliteStore } from "../../../src/client/store/sqlite.ts"
import { time } from "../../../src/crypto/index.ts"
import { DESIGNS, type Design } from "../../../src/protocol/index.ts"
import { world } from "../../../src/simulator/testing.ts"
import { CONFIG } from "../../client/config.ts"
import { discard, scratch } from "../../handover/deployment.ts"

const START = "2020-05-08"
const KEPT_DAYS = 14
/** Longer than identifiers are kept, as an app may want that shows people for a month when they were exposed. */
const SHOWN_DAYS = 30
const WRONG_CODE = "00000000000000"

type Entry = readonly [key: Uint8Array, value: Uint8Array]

const everything = (store: Store): Promise<Entry[]> =>
  store.read(async tx => {
    const out: Entry[] = []
    for await (const [key, value] of tx.range(new Uint8Array(0), Uint8Array.of(255)))
      out.push([key.slice(), value.slice()])
    return out
  })

const letter = ([key]: Entry): string => String.fromCharCode(key[0]!)
const numberAt = (key: Uint8Array, at: number): number => new DataView(key.buffer, key.byteOffset).getUint32(at)
const FRESH_MARKS = 8
const SCAN_BYTES = 8

/** The identifier in the key of something that was heard. */
function identifierOf([key]: Entry): Uint8Array {
  const kind = String.fromCharCode(key[0]!)
  return kind === "f" ? key.slice(5, -FRESH_MARKS) : key.slice(kind === "x" ? 9 : 5)
}

/** What of a phone's entries is more than it may know (protocol §3), at a second. */
function tooMuch(entries: readonly Entry[], design: Design, second: number): string[] {
  const today = time.day(second)
  const lengths = { epochMinutes: 15, windowMinutes: 120 }
  const found: string[] = []
  const cursor = Number(
    /"cursor":(\d+)/.exec(Buffer.from(entries.find(one => letter(one) === "m")![1]).toString())?.[1],
  )
  const firstSlot = Math.floor(((today - KEPT_DAYS + 1) * time.SECONDS_PER_DAY) / slotSeconds(design, lengths))
  for (const entry of entries) {
    const [key, value] = entry
    const kind = letter(entry)
    if (!"msforxajc".includes(kind)) found.push(`an entry of an unknown kind: ${kind}`)
    if (kind === "s" && numberAt(key, 1) < firstSlot) found.push("an own secret of more than 14 days ago")
    if (!"fox".includes(kind)) continue
    if (value.length === 0 || value.length % SCAN_BYTES !== 0) found.push("more than measurements")
    if (kind === "f" && numberAt(key, key.length - FRESH_MARKS) <= cursor - 1)
      found.push("the bucket of something heard before the newest batch that was looked at")
  }
  return found
}

const slotSeconds = (design: Design, lengths: { epochMinutes: number; windowMinutes: number }): number =>
  60 * (design.name === "hybrid" ? lengths.windowMinutes : design.name === "unlinkable" ? lengths.epochMinutes : 1440)

/** Adapters between client and store: each keeps one thing too much. */
type Careless = (real: Store) => Store

const withWrites =
  (change: (kind: string) => { keeps?: boolean; copies?: boolean }): Careless =>
  real => ({
    read: work => real.read(work),
    close: () => real.close(),
    write: work =>
      real.write(tx =>
        work({
          get: key => tx.get(key),
          range: (from, to) => tx.range(from, to),
          put(key, value) {
            tx.put(key, value)
            if (change(String.fromCharCode(key[0]!)).copies)
              tx.put(
                Uint8Array.of(0x6a, 0, ...key.slice(5, 8)),
                Buffer.from(`{"at":0,"event":"synced","detail":"${Buffer.from(key).toString("hex")}"}`),
              )
          },
          del: key => (change(String.fromCharCode(key[0]!)).keeps ? undefined : tx.del(key)),
        }),
      ),
  })

const filesOf = (directory: string): { name: string; bytes: Uint8Array }[] =>
  readdirSync(directory).map(name => ({ name, bytes: new Uint8Array(readFileSync(join(directory, name))) }))

function hits(directory: string, canaries: readonly Canary[]): string[] {
  const search = new Search(canaries)
  const all = filesOf(directory).flatMap(({ name, bytes }) => [...search.in(bytes)].map(hit => `${name}: ${hit.name}`))
  return [...new Set(all)]
}

/**
 * One who reports, and phones that were near: what lies on these after three weeks, and what is found of the first day.
 * @param ears name → what lies between its client and its file
 */
async function lived(design: Design, ears: Readonly<Record<string, Careless>>) {
  const directory = scratch()
  const names = Object.keys(ears)
  const stores = async (device: string) =>
    (ears[device] ?? (store => store))(await sqliteStore(join(directory, `${device}.sqlite`)))
  const retention = { contactDays: KEPT_DAYS, exposureDays: SHOWN_DAYS } as const
  const config = { ...CONFIG, design: design.name, retention, sync: { minIntervalHours: 12 } }
  const w = world({ seed: 3, start: START, config, stores })
  const canaries: Canary[] = []
  const add = (name: string, bytes: Uint8Array): void => void canaries.push({ name, bytes })
  const meet = (): void => {
    for (const name of names) w.near("anna", name, { minutes: 20, attenuation: 50 })
  }
  try {
    const anna = await w.device("anna")
    const phones: Client[] = []
    for (const name of names) phones.push(await w.device(name))
    await w.advance({ hours: 12 })
    meet()
    await w.advance({ hours: 1 })
    for (const name of names)
      for (const entry of await everything(w.store(name))) {
        if ("fo".includes(letter(entry))) add("an identifier that was heard", identifierOf(entry))
        if (letter(entry) === "s") add("an own secret of the first day", entry[1])
      }
    const consent = { to: "health authority", at: w.now }
    const refused = await phones[0]!
      .prepareReport({ onset: START, proof: WRONG_CODE, consent })
      .then(draft => draft.submit())
      .catch(error => error)
    expect(refused).to.be.instanceOf(LindungError)
    const proof = await w.confirm("anna", START)
    await (await anna.prepareReport({ onset: START, proof, consent })).submit()
    for (const typed of [proof, WRONG_CODE]) add("a code", new Uint8Array(Buffer.from(typed)))
    for (const { url, body } of w.wire().filter(one => one.url.includes("redeem")))
      add(`a commitment, to ${url}`, body.slice(14))
    await w.advance({ days: 2 })
    const exposed = (await phones[0]!.status()).exposure.is
    const early = hits(directory, canaries)
    await w.advance({ days: 16 })
    meet()
    await w.advance({ days: 1 })
    const open = hits(directory, canaries)
    const kept: Record<string, string[]> = {}
    for (const name of names) kept[name] = tooMuch(await everything(w.store(name)), design, w.now / 1000)
    const matched = (await everything(w.store(names[0]!))).filter(one => letter(one) === "x").length
    const errors = `${refused.message} ${refused.stack} ${JSON.stringify(refused)}`
    const said: string[] = []
    for (const phone of phones)
      for await (const { event, detail } of phone.journal()) said.push(`${event} ${detail ?? ""}`)
    await w.close()
    return { exposed, matched, early, open, closed: hits(directory, canaries), kept, errors, said, canaries }
  } finally {
    discard(directory)
  }
}

describe("H15: a seized phone", function () {
  this.timeout(300_000)

  for (const design of DESIGNS)
    it(`${design.name}: has nothing finer than it must know, and nothing of more than fourteen days ago`, async () => {
      const { exposed, matched, early, open, closed, kept, errors, said, canaries } = await lived(design, {
        ben: store => store,
      })
      expect(canaries.map(({ name }) => name)).to.include.members(["a code", "an identifier that was heard"])
      expect(exposed).to.equal("exposed")
      expect(matched, "what the person is still told of").to.be.greaterThan(0)
      expect(early.join())
        .to.match(/ben.sqlite(-wal)?: an identifier/)
        .and.match(/ben.sqlite(-wal)?: an own secret/)
      expect(kept).to.deep.equal({ ben: [] })
      expect(open, "while the app runs").to.deep.equal([])
      expect(closed).to.deep.equal([])
      expect(errors).to.not.include(WRONG_CODE)
      for (const line of said) expect(line).to.match(/^[a-z-]+ [a-z0-9 -]*$/)
    })

  it("mutants: phones that keep marks, identifiers, or own secrets, or write them into their journal, are found out", async () => {
    const { closed, kept } = await lived(DESIGNS.find(({ name }) => name === "hybrid")!, {
      marks: withWrites(kind => ({ keeps: kind === "f" })),
      matched: withWrites(kind => ({ keeps: kind === "x" })),
      secrets: withWrites(kind => ({ keeps: kind === "s" })),
      journal: withWrites(kind => ({ copies: kind === "f" })),
    })
    expect(kept["marks"]!.join()).to.include("the bucket of something heard")
    expect(closed).to.include("matched.sqlite: an identifier that was heard")
    expect(kept["secrets"]!.join()).to.include("an own secret")
    expect(kept["journal"]).to.deep.equal([])
    expect(closed).to.include("journal.sqlite: an identifier that was heard")
  })
})
