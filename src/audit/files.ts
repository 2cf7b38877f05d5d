/**
 * The static tree that is audited, on a server or in a directory.
 *
 * Obligations: `undefined` for a file that is not there, and for nothing else; rejects when it cannot tell. Of a file
 * longer than `maxBytes` it gives `maxBytes` + 1 bytes and reads no further, so that no server can fill the auditor's
 * memory.
 */
export interface TreeFiles {
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>
}

/** Requests under way at one time: a round trip takes longer than what is done with its answer. */
const AHEAD = 8

/** Reads one thing after another, and fetches a few ahead. In order. */
export async function* readAhead<Item, Read>(
  items: Iterable<Item>,
  read: (item: Item) => Promise<Read>,
): AsyncGenerator<[Item, Read]> {
  const under: [Item, Promise<Read>][] = []
  const next = (): [Item, Promise<Read>] => under.shift()!
  for (const item of items) {
    const reading = read(item)
    // Its turn comes; until then a failure must not count as unnoticed.
    reading.catch(() => undefined)
    under.push([item, reading])
    if (under.length < AHEAD) continue
    const [first, answer] = next()
    yield [first, await answer]
  }
  while (under.length > 0) {
    const [first, answer] = next()
    yield [first, await answer]
  }
}
