import { expect } from "chai"
import { LindungError } from "../../src/protocol/index.ts"

export function* prefixes(message: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < message.length; length++) yield message.subarray(0, length)
}

/** Each byte changed in its lowest and in its highest bit, and replaced by its complement. */
export function* changes(message: Uint8Array): Generator<{ at: number; changed: Uint8Array }> {
  for (let at = 0; at < message.length; at++)
    for (const mask of [0x01, 0x80, 0xff]) yield { at, changed: changedAt(message, at, mask) }
}

/** For long messages: every byte of the head and each `step`-th of the rest changed in one bit, another each time. */
export function* someChanges(
  message: Uint8Array,
  head: number,
  step: number,
): Generator<{ at: number; changed: Uint8Array }> {
  for (let at = 0; at < message.length; at += at < head ? 1 : step)
    yield { at, changed: changedAt(message, at, 1 << (at % 8)) }
}

function changedAt(message: Uint8Array, at: number, mask: number): Uint8Array {
  const changed = new Uint8Array(message)
  changed[at]! ^= mask
  return changed
}

/** The code of the error that hostile input gets; any other kind of error fails the test. */
export function refusal(parse: () => unknown): string | undefined {
  try {
    parse()
  } catch (error) {
    // A stack costs a thousand times what the parser does: it is written only where it is read.
    if (!(error instanceof LindungError)) expect.fail(String((error as Error).stack))
    return error.code
  }
  return undefined
}

/** Every prefix of the message, and the message with a byte more, is refused as malformed. */
export function expectOneLength(message: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  for (const prefix of prefixes(message))
    expect(
      refusal(() => parse(prefix)),
      `${prefix.length} bytes`,
    ).to.equal("format")
  expect(refusal(() => parse(Uint8Array.of(...message, 0)))).to.equal("format")
}

/**
 * A changed message is refused, or it is another message and spelled in the one way: what parses is encoded to the
 * same bytes again, so that no two files mean the same and a file's hash stands for its meaning.
 */
export function expectOneSpelling(message: Uint8Array, spell: (bytes: Uint8Array) => Uint8Array): void {
  for (const { at, changed } of changes(message)) {
    let again: Uint8Array | undefined
    const refused = refusal(() => {
      again = spell(changed)
    })
    if (refused === undefined) expect(Buffer.compare(again!, changed), `byte ${at}`).to.equal(0)
    else expect(refused).to.equal("format")
  }
}
