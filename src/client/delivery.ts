import { type Curves, concat, equal, type Random, time, u32, uniform } from "../crypto/index.ts"
import {
  type Cancel,
  commitment,
  type Design,
  isPublished,
  LindungError,
  type ParameterSet,
  parametersFor,
  parseReceipt,
  parseRedeem,
  parseToken,
  RECEIPT_BYTES,
  REDEEM_BYTES,
  REDEEM_PATH,
  Reader,
  type Sealing,
  sealCover,
  sealReport,
  slotAt,
  TOKEN_BYTES,
  type Token,
  UPLOADS_PATH,
  verifyToken,
  type WholeBatch,
} from "../protocol/index.ts"
import { note } from "./journal.ts"
import { actionKey, allActions, entries } from "./layout.ts"
import type { Http, ReadTx, Store, WriteTx } from "./ports.ts"
import { keepReceipt, type Promised } from "./receipts.ts"
import {
  eraseReport,
  forBucket,
  heardNear,
  readReport,
  redactForToken,
  revealedDays,
  revealedSecrets,
  revealsAnything,
  type StoredReport,
  writeReport,
} from "./report.ts"
import { dropAhead, renewSecrets } from "./schedule.ts"
import { ingestKeyOf, readState, updateState } from "./state.ts"
import { post } from "./transport.ts"

/*
 * Every action, real or cover, is: redeem, U1 some seconds later, U2 at a uniform time in the second bucket after the promised
 * one (protocol §6). One code path for both; they differ in what is inside the sealed box, and in nothing else.
 *
 * action: u8 kind ‖ u8 phase ‖ u32 promised batch ‖ u32 second from which the next request is due ‖ 46 redeem request
 *         ‖ 110 token
 */
/** `test`: asks for the result of one, and becomes a report when that is positive, or else cover. */
const KINDS = ["cover", "report", "test"] as const
const PHASES = ["redeem", "first", "second"] as const
const ID_BYTES = 16
const BUCKETS_TO_SECOND = 2

export interface Action {
  readonly id: Uint8Array
  readonly kind: (typeof KINDS)[number]
  /** What is to be done next. */
  readonly phase: (typeof PHASES)[number]
  readonly promised: number
  /** Unix seconds: the next request is not made before. */
  readonly dueAt: number
  /** code ‖ commitment, made up in a cover action. */
  readonly request: Uint8Array
  readonly token: Uint8Array
}

export interface DeliveryPorts {
  readonly http: Http
  readonly store: Store
  readonly random: Random
  readonly curves: Curves
  readonly design: Design
  readonly uploads: string
  readonly authority: string
  readonly receiptKey: Uint8Array
  readonly authorityKey: Uint8Array
  readonly signal: Cancel
  /** Unix seconds. */
  readonly now: () => number
  /**
   * Called at the authority's answer: draws how long after it the upload goes out. What it returns waits for what is
   * left of that, so that all work in between, which takes longer for a report, is done inside it and does not show.
   */
  readonly pause: () => () => Promise<void>
  /** In the write that renews the secrets: from here on, nothing new on the air may follow from those before. */
  readonly renewing: () => void
  /** The secrets were renewed: what is broadcast has to change at once. May be repeated. */
  readonly renewed: () => Promise<void>
}

export function writeAction(tx: WriteTx, { id, kind, phase, promised, dueAt, request, token }: Action): void {
  const head = Uint8Array.of(KINDS.indexOf(kind), PHASES.indexOf(phase))
  tx.put(actionKey(id), concat(head, u32(promised), u32(dueAt), request, token))
}

export async function readActions(tx: ReadTx): Promise<Action[]> {
  return (await entries(tx, allActions())).map(([key, value]) => {
    const reader = new Reader("action", value)
    const kind = KINDS[reader.u8()] ?? "cover"
    const phase = PHASES[reader.u8()] ?? "redeem"
    const at = { promised: reader.u32(), dueAt: reader.u32() }
    return { id: key.slice(1), kind, phase, ...at, request: reader.take(REDEEM_BYTES), token: reader.take(TOKEN_BYTES) }
  })
}

export const newAction = (kind: "cover" | "report", request: Uint8Array, random: Random, dueAt = 0): Action => ({
  id: random.bytes(ID_BYTES),
  kind,
  phase: "redeem",
  promised: 0,
  dueAt,
  request,
  token: new Uint8Array(TOKEN_BYTES),
})

/**
 * Redeem and U1. A code that is not good turns the action into a cover, whose requests go on as if nothing had been.
 * @throws LindungError of the transport; the action stays where it was and may be repeated
 */
export async function deliverFirst(ports: DeliveryPorts, action: Action, parameters: ParameterSet): Promise<Action> {
  let rest = ports.pause()
  const answered = () => {
    rest = ports.pause()
  }
  const redeemed = action.phase === "redeem" ? await redeem(ports, action, parameters, answered) : action
  // Also when it is repeated: an upload never goes out while its secrets are still broadcast.
  if (redeemed.kind === "report") await ports.renewed()
  let sealed = await seal(ports, redeemed, parameters)
  await rest()
  if (sealed.bucket !== bucketOf(ports)) sealed = await seal(ports, redeemed, parameters)
  const sent = await send(ports, sealed)
  const second = time.bucketStart(sent.promised + BUCKETS_TO_SECOND) + uniform(ports.random, time.SECONDS_PER_BUCKET)
  const next: Action = { ...redeemed, phase: "second", promised: sent.promised, dueAt: second }
  return ports.store.write(async tx => {
    keepReceipt(tx, sent, ports.random)
    const stored = next.kind === "report" ? await readReport(tx, ports.design, parameters) : undefined
    const days = stored && revealedDays(forBucket(stored.report, sent.promised, parameters), parameters)
    if (days?.length === 0) {
      // It waited until all of it was too old: what went out was cover, and so is what follows.
      eraseReport(tx)
      await updateState(tx, { refused: { at: ports.now(), why: "no-keys" } })
      await note(tx, ports.now(), "nothing-to-report")
    } else if (days !== undefined) {
      await updateState(tx, { sent: { at: ports.now(), days } })
      await note(tx, ports.now(), "report-sent")
    }
    const action: Action = days?.length === 0 ? asCover(next, ports.random) : next
    writeAction(tx, action)
    return action
  })
}

/** U2: the report once more when its secrets are missing from the promised batch, else cover. There is no third. */
export async function deliverSecond(ports: DeliveryPorts, action: Action, parameters: ParameterSet): Promise<void> {
  const sent = await send(ports, await seal(ports, action, parameters))
  await ports.store.write(async tx => {
    tx.del(actionKey(action.id))
    keepReceipt(tx, sent, ports.random)
    if (action.kind !== "report") return
    eraseReport(tx)
    const { sent: report, cursor = -1 } = await readState(tx)
    // Only a phone that has seen the promised batch knows that the report is not in it.
    if (report === undefined || cursor < action.promised) return
    await updateState(tx, { sent: { ...report, missed: true } })
    await note(tx, ports.now(), "report-missed")
  })
}

/** From now on as if it had been made up from the start. */
const asCover = (action: Action, random: Random): Action => ({
  ...action,
  kind: "cover",
  token: random.bytes(TOKEN_BYTES),
})

async function storedReport(ports: DeliveryPorts, parameters: ParameterSet): Promise<StoredReport> {
  const stored = await ports.store.read(tx => readReport(tx, ports.design, parameters))
  if (stored === undefined) throw new LindungError("storage-corrupt", "the report that is being sent is gone")
  return stored
}

async function redeem(
  ports: DeliveryPorts,
  action: Action,
  parameters: ParameterSet,
  answered: () => void,
): Promise<Action> {
  const { request } = action
  const wanted = parseRedeem(request).commitment
  const answer = { status: 200, bytes: TOKEN_BYTES }
  const bytes = await post(ports.http, ports.authority + REDEEM_PATH, request, answer, ports.signal)
  answered()
  const token = goodToken(bytes, wanted, ports)
  return ports.store.write(async tx => {
    const kind = action.kind === "cover" ? "cover" : await takeAnswer(tx, ports, action, token, parameters)
    const redeemed: Action = { ...action, kind, phase: "first", token: bytes }
    writeAction(tx, redeemed)
    return redeemed
  })
}

/** What the authority's answer makes of a report, or of a test that waits for its result. */
async function takeAnswer(
  tx: WriteTx,
  ports: DeliveryPorts,
  action: Action,
  token: Token | undefined,
  parameters: ParameterSet,
): Promise<"cover" | "report"> {
  const { design, random } = ports
  const stored = await readReport(tx, design, parameters)
  if (action.kind === "test") {
    // No result yet, none that is positive, or nobody waits for one any more.
    if (token === undefined || !stored?.isTest || !equal(commitment(stored.report), token.commitment)) return "cover"
    for (const other of await readActions(tx)) if (other.kind === "test") writeAction(tx, { ...other, kind: "cover" })
  }
  if (stored === undefined) throw new LindungError("storage-corrupt", "the report that is being sent is gone")
  const known = stored.isTest ? await heardNear(tx, stored.report, ports.now(), parameters) : stored.report
  const allowed = token && redactForToken(known, token.contagiousFromDay, parameters)
  if (allowed !== undefined && revealsAnything(forBucket(allowed, bucketOf(ports), parameters))) {
    // What is about to be published is not broadcast for one second more.
    writeReport(tx, { ...stored, report: allowed })
    ports.renewing()
    await renewSecrets(tx, design, ports.now(), parameters, random)
    return "report"
  }
  eraseReport(tx)
  if (stored.isTest) await dropAhead(tx, slotAt(design, ports.now(), parameters))
  const why = allowed ? "no-keys" : "proof-invalid"
  await updateState(tx, { refused: { at: ports.now(), why } })
  await note(tx, ports.now(), allowed ? "nothing-to-report" : "code-refused")
  return "cover"
}

function goodToken(
  bytes: Uint8Array,
  wanted: Uint8Array,
  { authorityKey, curves }: Pick<DeliveryPorts, "authorityKey" | "curves">,
): Token | undefined {
  try {
    const token = parseToken(bytes)
    return equal(token.commitment, wanted) && verifyToken(token, [authorityKey], curves.ed25519) ? token : undefined
  } catch {
    return undefined
  }
}

/** The bucket that an envelope of this moment is sealed to (protocol §6). */
const bucketOf = ({ design, now }: Pick<DeliveryPorts, "design" | "now">): number =>
  time.bucket(now()) + design.bucketsAhead

/** An envelope, and the bucket it is sealed to. */
interface Sealed {
  readonly bucket: number
  readonly envelope: Uint8Array
}

async function seal(ports: DeliveryPorts, action: Action, parameters: ParameterSet): Promise<Sealed> {
  const bucket = bucketOf(ports)
  const stored = action.kind === "report" ? (await storedReport(ports, parameters)).report : undefined
  const report = stored && forBucket(stored, bucket, parameters)
  const publicKey = ingestKeyOf(await ports.store.read(readState), bucket)
  if (publicKey === undefined) throw new LindungError("state", `no ingest key for bucket ${bucket}: sync first`)
  const to: Sealing = {
    design: ports.design,
    bucket,
    parameters,
    publicKey,
    random: ports.random,
    curve: ports.curves.x25519,
  }
  try {
    return {
      bucket,
      envelope: report && revealsAnything(report) ? sealReport(report, action.token, to) : sealCover(to),
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new LindungError("format", `no envelope can be sealed to the ingest key of bucket ${bucket}`, {
      cause: error,
    })
  }
}

/**
 * An upload is done when its receipt verifies under the pinned key, and promises the batch that it was sealed to: no other
 * can open it, and no other time is the server's to choose for one phone.
 */
async function send(ports: DeliveryPorts, { bucket, envelope }: Sealed): Promise<Promised> {
  const answer = { status: 202, bytes: RECEIPT_BYTES }
  const receipt = await post(ports.http, ports.uploads + UPLOADS_PATH, envelope, answer, ports.signal)
  const promised = parseReceipt(receipt, envelope, ports.receiptKey, ports.curves.ed25519)
  if (promised === undefined) throw new LindungError("signature", "the receipt does not verify")
  if (promised !== bucket) throw new LindungError("signature", `the receipt promises batch ${promised}, not ${bucket}`)
  return { promised, envelope, receipt }
}

/** In the write of a batch: a report whose secrets are all in it is done; its second upload will be cover. */
export async function noticePublished(
  tx: WriteTx,
  batch: WholeBatch,
  parameters: ParameterSet,
  random: Random,
): Promise<void> {
  const action = (await readActions(tx)).find(one => one.kind === "report" && one.phase === "second")
  if (action === undefined || batch.bucket < action.promised) return
  const stored = await readReport(tx, batch.design, parameters)
  if (stored === undefined) return
  const published = revealedSecrets(forBucket(stored.report, action.promised, parameters))
  if (!published.every(({ slot, secret }) => isPublished(batch, slot, secret))) return
  writeAction(tx, asCover(action, random))
  eraseReport(tx)
}

/** The parameter set that envelopes of this moment are made under: that of their bucket. */
export function parametersNow(sets: readonly ParameterSet[], design: Design, second: number): ParameterSet {
  const parameters = parametersFor(bucketOf({ design, now: () => second }), sets)
  if (parameters === undefined) throw new LindungError("state", "no parameter set is known yet: sync first")
  return parameters
}
