import { code as codes, type Random, time } from "../crypto/index.ts"
import {
  type Cancel,
  commitment,
  type Design,
  encodeRedeem,
  envelopeBytes,
  type Lengths,
  LindungError,
  type ParameterSet,
  REDEEM_BYTES,
  redact,
} from "../protocol/index.ts"
import { canceller } from "./cancel.ts"
import type { Config } from "./config.ts"
import { type Action, deliverFirst, newAction, parametersNow, readActions, writeAction } from "./delivery.ts"
import type { Outbox } from "./outbox.ts"
import type { EpochMs, ReadTx, Store, WriteTx } from "./ports.ts"
import { cutAt, draftReport, eraseReport, readReport, revealedDays, type StoredReport, writeReport } from "./report.ts"
import { notBefore, noteFailure, noteSuccess } from "./retry.ts"
import { dayNumber, type IsoDay, isoDay } from "./risk/index.ts"
import { readState, updateState } from "./state.ts"
import type { Tracer } from "./tracing.ts"
import { refusal } from "./view.ts"

/** A report that is ready and has not been sent. */
export interface Draft {
  readonly days: readonly IsoDay[]
  /** What leaves the phone: the redeem request and both uploads. It depends on the design alone. */
  readonly wireBytes: number
  readonly expiresAt: EpochMs
  /** Withholds slots, by their absolute index: days, epochs or windows. */
  redact(slots: readonly number[]): Promise<void>
  /**
   * May be repeated after a crash, and after a failure from its `notBefore` on.
   * @throws LindungError proof-invalid when the authority does not accept the code; no-keys when its first contagious day
   *   leaves nothing; state when there is no draft; of network and servers, when the same may succeed later
   */
  submit(o?: { signal?: Cancel }): Promise<{ at: EpochMs }>
  discard(): Promise<void>
}

/** What reporting needs of the client. */
export interface Reporting {
  readonly store: Store
  readonly random: Random
  readonly design: Design
  readonly lengths: Lengths
  readonly tracer: Tracer
  readonly outbox: Outbox
  readonly mechanism: Config["authority"]["mechanism"]
  /** The next due time has changed. */
  readonly changed: () => Promise<void>
}

const toMs = (second: number): EpochMs => Math.round(second * 1000) as EpochMs

/**
 * Shows what a report of this moment would send, and stores it. No request is made; what is committed to is settled by
 * `submit`.
 * @throws LindungError proof-invalid (a typing error in the code), no-keys, state; RangeError for a day to come
 */
export async function prepareReport(client: Reporting, o: { onset: IsoDay; proof: string }): Promise<Draft> {
  const { store, design, lengths, random, tracer } = client
  if (client.mechanism === "data-bound")
    throw new LindungError("state", "this authority gives no codes: what is shown at the test is reported by itself")
  const code = codes.parse(o.proof)
  if (code === undefined) throw new LindungError("proof-invalid", "the code has a typing error")
  const onsetDay = dayNumber(o.onset)
  const second = tracer.now()
  if (!(onsetDay <= time.day(second)))
    throw new RangeError(`onset: expected a day up to today, like 2020-05-08, got ${o.onset}`)
  await tracer.flush()
  const stored = await store.write(async tx => {
    if ((await readActions(tx)).some(({ kind }) => kind === "report"))
      throw new LindungError("state", "a report is being sent")
    const draft = await draftReport(tx, { design, lengths, random, second, onsetDay, code })
    if (revealedDays(draft.report, lengths).length === 0)
      throw new LindungError("no-keys", "nothing was broadcast near anybody on these days")
    writeReport(tx, draft)
    await updateState(tx, { refused: undefined })
    return draft
  })
  await client.changed()
  return draftOf(client, stored)
}

function draftOf(client: Reporting, { report, expiresAt }: StoredReport): Draft {
  const { store, design, lengths } = client
  let current = report
  return {
    get days() {
      return revealedDays(current, lengths).map(isoDay)
    },
    wireBytes: REDEEM_BYTES + 2 * envelopeBytes(design, lengths),
    expiresAt: toMs(expiresAt),
    redact: async slots => {
      await store.write(async tx => {
        const stored = await storedDraft(tx, client)
        current = redact(stored.report, slot => slots.includes(slot))
        writeReport(tx, { ...stored, report: current })
      })
    },
    submit: o => submit(client, o?.signal ?? canceller()),
    async discard() {
      await store.write(async tx => {
        await storedDraft(tx, client)
        eraseReport(tx)
      })
      await client.changed()
    },
  }
}

/** The draft that can still be changed. @throws LindungError state when there is none, or it is on its way */
async function storedDraft(tx: ReadTx, { design, lengths }: Reporting): Promise<StoredReport> {
  const stored = await readReport(tx, design, lengths)
  if (stored === undefined || stored.isTest || (await readActions(tx)).some(({ kind }) => kind === "report"))
    throw new LindungError("state", "there is no draft, or it is being sent")
  return stored
}

/** The action of the draft, begun now if it was not before. */
async function beginAction(tx: WriteTx, { design, lengths, random }: Reporting, now: number): Promise<Action> {
  const known = (await readActions(tx)).find(({ kind }) => kind === "report")
  if (known !== undefined) return known
  const stored = await readReport(tx, design, lengths)
  const { refused } = await readState(tx)
  // Sent already, and refused: what is left of it are the requests of a cover action, which make themselves.
  if (stored === undefined && refused !== undefined) throw refusal(refused.why)
  if (stored === undefined) throw new LindungError("state", "there is no draft")
  if (stored.expiresAt < now) throw new LindungError("state", "the draft is of yesterday: prepare it again")
  // Before the commitment leaves the phone: from here on, however often it is sent, it is the same one.
  const report = cutAt(stored.report, now)
  writeReport(tx, { ...stored, report })
  const request = encodeRedeem(stored.code, commitment(report))
  const action = newAction("report", request, random)
  writeAction(tx, action)
  return action
}

/** A report that fails is tried again when a cover action would be. */
async function firstOf(
  { store, random, tracer, outbox }: Reporting,
  action: Action,
  parameters: ParameterSet,
  signal: Cancel,
): Promise<Action> {
  try {
    const sent = await deliverFirst(outbox.delivery(signal), action, parameters)
    await store.write(tx => noteSuccess(tx, "cover"))
    return sent
  } catch (error) {
    if (!(error instanceof LindungError) || signal.aborted) throw error
    const at = await store.write(tx => noteFailure(tx, "cover", tracer.now(), random, error))
    throw notBefore(error, at)
  }
}

/** In its turn, so that the host's task does not send the same beside it. */
function submit(client: Reporting, signal: Cancel): Promise<{ at: EpochMs }> {
  const { store, tracer, outbox } = client
  return outbox.inTurn(async () => {
    const now = tracer.now()
    const parameters = parametersNow((await store.read(readState)).parameters, client.design, now)
    const action = await store.write(tx => beginAction(tx, client, now))
    try {
      const sent = action.phase === "second" ? action : await firstOf(client, action, parameters, signal)
      const state = await store.read(readState)
      if (sent.kind !== "report") throw refusal(state.refused?.why ?? "proof-invalid")
      return { at: toMs(state.sent?.at ?? now) }
    } finally {
      await client.changed()
    }
  })
}
