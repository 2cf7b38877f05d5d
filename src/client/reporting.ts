import { code as codes, type Random, time } from "../crypto/index.ts"
import {
  type Cancel,
  type Design,
  envelopeBytes,
  LindungError,
  type ParameterSet,
  REDEEM_BYTES,
  redact,
} from "../protocol/index.ts"
import { type DeliveryPorts, deliverFirst, newAction, parametersNow, readActions, writeAction } from "./delivery.ts"
import type { EpochMs, Store } from "./ports.ts"
import { draftReport, eraseReport, readReport, revealedDays, type StoredReport, writeReport } from "./report.ts"
import { dayNumber, type IsoDay, isoDay } from "./risk/index.ts"
import { readState, updateState } from "./state.ts"
import { canceller, type Tracer } from "./tracing.ts"

/** A report that is ready and has not been sent. */
export interface Draft {
  readonly days: readonly IsoDay[]
  /** What leaves the phone: the redeem request and both uploads. It depends on the design alone. */
  readonly wireBytes: number
  readonly expiresAt: EpochMs
  /** Withholds slots, by their absolute index: days, or windows. */
  redact(slots: readonly number[]): Promise<void>
  /** May be repeated after a crash. @throws LindungError proof-invalid when the authority does not accept the code */
  submit(o?: { signal?: Cancel }): Promise<{ at: EpochMs }>
  discard(): Promise<void>
}

/** What reporting needs of the client. */
export interface Reporting {
  readonly store: Store
  readonly random: Random
  readonly design: Design
  readonly lengths: ParameterSet
  readonly tracer: Tracer
  readonly delivery: (signal: Cancel) => DeliveryPorts
  /** The next due time has changed. */
  readonly changed: () => Promise<void>
}

const toMs = (second: number): EpochMs => Math.round(second * 1000) as EpochMs

/**
 * Shows what a report of this moment would send, and stores it with its commitment. No request is made.
 * @throws LindungError proof-invalid (a typing error in the code), no-keys, state; RangeError for a day to come
 */
export async function prepareReport(client: Reporting, o: { onset: IsoDay; proof: string }): Promise<Draft> {
  const { store, design, lengths, random, tracer } = client
  const code = codes.parse(o.proof)
  if (code === undefined) throw new LindungError("proof-invalid", "the code has a typing error")
  const onsetDay = dayNumber(o.onset)
  const second = tracer.second()
  if (!(onsetDay <= time.day(second)))
    throw new RangeError(`onset: expected a day up to today, like 2020-05-08, got ${o.onset}`)
  await tracer.flush()
  const stored = await store.write(async tx => {
    if ((await readActions(tx)).some(({ kind }) => kind === "report"))
      throw new LindungError("state", "a report is being sent")
    const draft = await draftReport(tx, { design, lengths, random, second, onsetDay, code })
    revealedDays(draft.report, lengths)
    writeReport(tx, draft)
    return draft
  })
  return draftOf(client, stored)
}

function draftOf(client: Reporting, { report, expiresAt }: StoredReport): Draft {
  const { store, design, lengths } = client
  return {
    days: revealedDays(report, lengths).map(isoDay),
    wireBytes: REDEEM_BYTES + 2 * envelopeBytes(design, lengths),
    expiresAt: toMs(expiresAt),
    redact: slots =>
      store.write(async tx => {
        const stored = await readReport(tx, design, lengths)
        if (stored === undefined) throw new LindungError("state", "there is no draft")
        writeReport(tx, { ...stored, report: redact(stored.report, slot => slots.includes(slot)) })
      }),
    submit: o => submit(client, o?.signal ?? canceller()),
    discard: () => store.write(eraseReport),
  }
}

async function submit(client: Reporting, signal: Cancel): Promise<{ at: EpochMs }> {
  const { store, design, lengths, random, tracer } = client
  const second = tracer.second()
  const parameters = parametersNow((await store.read(readState)).parameters, second)
  const { action, days } = await store.write(async tx => {
    const known = (await readActions(tx)).find(({ kind }) => kind === "report")
    const stored = await readReport(tx, design, lengths)
    if (stored === undefined) throw new LindungError("state", "there is no draft")
    const days = revealedDays(stored.report, lengths)
    if (known) return { action: known, days }
    if (stored.expiresAt < second) throw new LindungError("state", "the draft is of yesterday: prepare it again")
    const action = newAction("report", random)
    writeAction(tx, action)
    return { action, days }
  })
  const delivered = action.phase === "second" ? action : await deliverFirst(client.delivery(signal), action, parameters)
  await client.changed()
  if (delivered.kind !== "report") throw new LindungError("proof-invalid", "the authority does not accept this code")
  await store.write(tx => updateState(tx, { sent: { at: Math.floor(second), days } }))
  if (tracer.on) await tracer.rotate()
  return { at: toMs(second) }
}
