import { gaen, type kernel, time } from "../crypto/index.ts"
import type { KeyBatch } from "../protocol/index.ts"
import { type Contact, contactId, contactOf, parseContactId } from "./contact.ts"
import { match } from "./gaen/match.ts"
import { entries, matchedBetween, matchedKey, parseMatched } from "./layout.ts"
import type { WriteTx } from "./ports.ts"
import { append } from "./record.ts"

type KeyTable = KeyBatch["keys"]

/** What was heard and has matched, with what is known of the contact and the transmit power that was encrypted. */
export type Contacts = ReadonlyMap<number, Contact & { readonly txPower: number }>

/** Two tables as the columns that the kernel takes: the revised keys come first. */
function columns({ revisedKeys, keys }: KeyBatch): kernel.PublishedKeys {
  const secrets = new Uint8Array(gaen.KEY_BYTES * (revisedKeys.length + keys.length))
  const first = new Uint32Array(revisedKeys.length + keys.length)
  const last = new Uint32Array(first.length)
  secrets.set(revisedKeys.teks)
  secrets.set(keys.teks, revisedKeys.teks.length)
  for (const [table, from] of [
    [revisedKeys, 0],
    [keys, revisedKeys.length],
  ] as const) {
    first.set(table.rollingStarts, from)
    for (let row = 0; row < table.length; row++)
      last[from + row] = table.rollingStarts[row]! + table.rollingPeriods[row]! - 1
  }
  return { secrets, first, last }
}

function factsOf(table: KeyTable, row: number) {
  const daysSinceOnset = table.daysSinceOnset(row)
  return {
    tek: table.tek(row),
    reportType: table.reportTypeNumber(row),
    ...(daysSinceOnset === undefined ? {} : { daysSinceOnset }),
  }
}

/** Finds what the keys of archives explain: |heard interval − j| ≤ 12 (protocol §3). */
export async function keySearch(matcher: kernel.AsyncMatcher, { identifiers, times }: kernel.Observations) {
  const size = identifiers.length / Math.max(1, times.length)
  const payloadAt = (place: number): Uint8Array => identifiers.slice(size * place, size * (place + 1))
  const rpis = new Uint8Array(gaen.KEY_BYTES * times.length)
  for (let place = 0; place < times.length; place++)
    rpis.set(payloadAt(place).subarray(0, gaen.KEY_BYTES), gaen.KEY_BYTES * place)
  const search = await matcher.search("gaen", { identifiers: rpis, times })
  return {
    /** @param counts whether a place was heard in time; undefined when it was cancelled */
    async match(
      batch: KeyBatch,
      counts: (place: number) => boolean,
      cancelled: () => boolean,
    ): Promise<Contacts | undefined> {
      const found = await search.match(columns(batch), { cancelled })
      if (found === undefined) return undefined
      const contacts = new Map<number, Contact & { txPower: number }>()
      const { length } = batch.revisedKeys
      // By key, the revised ones first: what they say replaces what an earlier list says.
      for (const { key, observation } of found) {
        if (contacts.has(observation) || !counts(observation)) continue
        const facts = key < length ? factsOf(batch.revisedKeys, key) : factsOf(batch.keys, key - length)
        contacts.set(observation, contactOf(payloadAt(observation), facts))
      }
      return contacts
    },
    close: () => search.close(),
  }
}

/** A revised key replaces what an earlier batch said of those who matched then. */
export async function revise(tx: WriteTx, { revisedKeys }: KeyBatch): Promise<void> {
  if (revisedKeys.length === 0) return
  const matched = (await entries(tx, matchedBetween(0))).flatMap(([key, value]) => {
    const { day, heard, id } = parseMatched(key)
    const contact = parseContactId(id)
    return contact === undefined ? [] : [{ key, value, day, heard, contact }]
  })
  const sightings = matched.map(({ heard, contact }) => ({
    rpi: contact.payload.slice(0, gaen.KEY_BYTES),
    at: heard * time.SECONDS_PER_INTERVAL,
  }))
  const rows = new Map(match(revisedKeys, sightings).map(({ heard: place, key }) => [place, key]))
  for (const [place, row] of rows) {
    const { key, value, day, heard, contact } = matched[place]!
    tx.del(key)
    const revised = contactOf(contact.payload, factsOf(revisedKeys, row))
    await append(tx, matchedKey(day, heard, contactId(contact.payload, revised)), value)
  }
}
