import { ascii, code as codes } from "../crypto/index.ts"
import { commitment, encodeRedeem, encodeTest, LindungError, redact, slotAt, testLock } from "../protocol/index.ts"
import { readActions, writeAction } from "./delivery.ts"
import { pollsOf } from "./polls.ts"
import type { EpochMs, WriteTx } from "./ports.ts"
import type { Reporting } from "./prepare-report.ts"
import { draftTest, eraseReport, readReport, type StoredReport, writeReport } from "./report.ts"
import { dropAhead } from "./schedule.ts"
import { updateState } from "./state.ts"

/** What a person takes to the test, where the authority signs commitments (mechanism data-bound). */
export interface PreparedTest {
  /** 32 bytes: what the authority signs if the test is positive. */
  readonly commitment: Uint8Array
  /**
   * What the test site scans: 93 characters of QR's alphanumeric mode. Who reads them cannot ask for the result; they have
   * to be shown at the test itself.
   */
  readonly qr: string
  /** Until when the phone asks for the result. */
  readonly expiresAt: EpochMs
  /** Withholds slots, by their absolute index: days, epochs or windows. */
  redact(slots: readonly number[]): Promise<void>
  /** Nothing is reported, whatever the result is; the phone goes on asking, as it does for made-up tests. */
  discard(): Promise<void>
}

/**
 * Commits to the secrets of the last days and of three to come, keeps them, and asks for the result at six times of the
 * next three days, in run('cover'). On a positive result it reports without another question: consent is given here, since
 * whatever a person did between the answer and the upload would show that there was one.
 * @throws LindungError state: another mechanism, a report is being sent, or a test waits for its result already
 */
export async function prepareTest(client: Reporting): Promise<PreparedTest> {
  const { store, design, lengths, random, tracer } = client
  if (client.mechanism !== "data-bound")
    throw new LindungError("state", `there is nothing to show at a test in mechanism ${client.mechanism}`)
  await tracer.flush()
  const second = tracer.now()
  const stored = await store.write(async tx => {
    const known = await readReport(tx, design, lengths)
    if ((await readActions(tx)).some(({ kind }) => kind === "report"))
      throw new LindungError("state", "a report is being sent")
    if (known !== undefined && known.expiresAt >= second)
      throw new LindungError("state", "a test waits for its result: discard it first")
    const test = await draftTest(tx, { design, lengths, random, second, code: codes.generate(random) })
    writeReport(tx, test)
    const request = encodeRedeem(test.code, commitment(test.report))
    for (const poll of pollsOf("test", request, second, random)) writeAction(tx, poll)
    await updateState(tx, { refused: undefined })
    return test
  })
  if (tracer.on) await tracer.rotate()
  await client.changed()
  return preparedOf(client, stored)
}

function preparedOf(client: Reporting, { report, code, expiresAt }: StoredReport): PreparedTest {
  const { store, design, lengths, tracer } = client
  const committed = commitment(report)
  /** @throws LindungError state when the result has come, or nobody waits for it any more */
  async function waiting(tx: WriteTx): Promise<StoredReport> {
    const stored = await readReport(tx, design, lengths)
    const isSent = (await readActions(tx)).some(({ kind }) => kind === "report")
    if (!stored?.isTest || isSent || stored.code !== code) throw new LindungError("state", "this test waits no more")
    return stored
  }
  return {
    commitment: committed,
    qr: encodeTest({ commitment: committed, lock: testLock(ascii(code), committed) }),
    expiresAt: Math.round(expiresAt * 1000) as EpochMs,
    redact: async slots => {
      await store.write(async tx => {
        const stored = await waiting(tx)
        writeReport(tx, { ...stored, report: redact(stored.report, slot => slots.includes(slot)) })
      })
    },
    async discard() {
      await store.write(async tx => {
        await waiting(tx)
        eraseReport(tx)
        for (const action of await readActions(tx))
          if (action.kind === "test") writeAction(tx, { ...action, kind: "cover" })
        await dropAhead(tx, slotAt(design, tracer.now(), lengths))
      })
      if (tracer.on) await tracer.rotate()
      await client.changed()
    },
  }
}
