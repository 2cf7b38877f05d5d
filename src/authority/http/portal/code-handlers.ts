import { code as codes } from "../../../crypto/index.ts"
import { LindungError } from "../../../protocol/index.ts"
import type { BulkLine, BulkLineOrder } from "../../bulk.ts"
import { type ContagiousAnswer, type ContagiousDay, type ContagiousRule, contagiousDay } from "../../contagious.ts"
import type { Desk } from "../../desk.ts"
import type { MechanismName } from "../../mechanism.ts"
import { REFUSALS, Refusal, type RefusalCode } from "../../refusal.ts"
import { SMALLEST_TOLD } from "../../statistics.ts"
import { dateOf, dayOf } from "./answers.ts"
import { type Call, type Handlers, whoOf } from "./call.ts"
import type { CODE_ROUTES } from "./code-routes.ts"
import { fieldsOf } from "./problem.ts"
import { bulkLine } from "./schemas.ts"

const MILLIS_PER_MINUTE = 60_000
type Test = "pcr" | "rapid" | "clinical"

const left = (expiresAt: number, now: number): number => Math.max(0, Math.floor(expiresAt - now))
const minuteOf = (minute: number): string =>
  new Date(minute * MILLIS_PER_MINUTE).toISOString().replace(/:00\.000Z$/, "Z")

/** What the authority's verbs throw, as what staff is told. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    if (cause instanceof RangeError) throw new Refusal("day")
    if (!(cause instanceof LindungError)) throw new Refusal("full", { cause })
    if (cause.code === "proof-invalid") throw new Refusal("unknown-code")
    if (cause.code === "format") throw new Refusal("code-format")
    throw new Refusal(cause.code === "state" ? "conflict" : "full", { cause })
  }
}

function requireMechanism(desk: Desk, ...right: readonly MechanismName[]): void {
  if (!right.includes(desk.mechanism)) throw new Refusal("mechanism")
}

function requireCode(typed: string): void {
  if (codes.parse(typed) === undefined) throw new Refusal("code-format")
}

/** A clinical diagnosis has no day of a test. */
function requireFit(test: Test, { by }: ContagiousAnswer): void {
  if (test === "clinical" && by === "test")
    throw new Refusal("format", { fields: [{ path: "contagious.by", message: "a clinical diagnosis has no test" }] })
}

function issuedAnswer(issued: Exclude<BulkLine, { refused: string }>, now: number) {
  const { code, grouped, contagiousFromDay, expiresAt } = issued
  const contagiousFrom = contagiousFromDay === undefined ? null : dateOf(contagiousFromDay)
  return { code, grouped, contagiousFrom, expiresAt, secondsLeft: left(expiresAt, now) }
}

/** What issuers and supervisors do with codes. */
export function codeHandlers(
  rule: ContagiousRule,
): Handlers<Exclude<keyof typeof CODE_ROUTES, "training" | "sendSms" | "previewSms">> {
  function dayFrom(answer: ContagiousAnswer, desk: Desk, now: number): ContagiousDay {
    try {
      return dayAt(answer, desk, now)
    } catch {
      throw new Refusal("day")
    }
  }

  const dayAt = (answer: ContagiousAnswer, desk: Desk, at: number): ContagiousDay =>
    contagiousDay(answer, dayOf(at), date => desk.contagiousDayOf(date, at), rule)

  /** By the day on which it was ordered first: repeated after midnight, it is the same order. */
  const lineFor =
    (answer: ContagiousAnswer, desk: Desk): BulkLineOrder =>
    at => ({ contagiousFromDay: dayAt(answer, desk, at).contagiousFromDay })

  /** One code, which the same key gives again. @param body all that was sent */
  async function issueOne(call: Call, desk: Desk, { key, ...body }: { readonly key: string }, wanted: BulkLineOrder) {
    const order = { batchId: key, orders: [wanted], said: JSON.stringify(body) }
    const [line] = await told(desk.bulkIssue(order, whoOf(call).user.name))
    if (line === undefined || "refused" in line) throw new Refusal("day")
    return issuedAnswer(line, call.now)
  }

  /** A line that may be ordered, or what is wrong with it. */
  function orderOf(line: unknown, desk: Desk): { order: BulkLineOrder } | { refusal: Refusal } {
    try {
      const read = bulkLine.safeParse(line)
      if (!read.success) throw new Refusal("format", { fields: fieldsOf(read.error) })
      const { test, contagious } = read.data
      if (contagious === undefined) return { order: {} }
      requireFit(test, contagious)
      return { order: lineFor(contagious, desk) }
    } catch (error) {
      if (error instanceof Refusal) return { refusal: error }
      throw error
    }
  }

  const refused = (code: RefusalCode, fields?: Refusal["fields"]) => ({
    ok: false as const,
    code,
    title: REFUSALS[code].title,
    ...(fields && { fields: fields.map(field => ({ ...field })) }),
  })

  return {
    async contagiousDay(call, answer) {
      const { contagiousFromDay, limited } = dayFrom(answer, await call.desk(), call.now)
      return { contagiousFrom: dateOf(contagiousFromDay), daysBack: dayOf(call.now) - contagiousFromDay, limited }
    },

    async issueCode(call, body) {
      const desk = await call.desk()
      requireMechanism(desk, "simple")
      requireFit(body.test, body.contagious)
      return issueOne(call, desk, body, lineFor(body.contagious, desk))
    },

    async prepareCode(call, body) {
      const desk = await call.desk()
      requireMechanism(desk, "activated")
      return issueOne(call, desk, body, {})
    },

    async activateCode(call, { code, test, contagious }) {
      const desk = await call.desk()
      requireMechanism(desk, "activated")
      requireCode(code)
      requireFit(test, contagious)
      const { contagiousFromDay } = dayFrom(contagious, desk, call.now)
      const { expiresAt } = await told(desk.activate({ code, contagiousFromDay }, whoOf(call).user.name))
      return { contagiousFrom: dateOf(contagiousFromDay), expiresAt, secondsLeft: left(expiresAt, call.now) }
    },

    async signCommitment(call, { scanned, test, contagious }) {
      const desk = await call.desk()
      requireMechanism(desk, "data-bound")
      requireFit(test, contagious)
      const { contagiousFromDay } = dayFrom(contagious, desk, call.now)
      const { expiresAt } = await told(desk.signCommitment({ test: scanned, contagiousFromDay }, whoOf(call).user.name))
      return { contagiousFrom: dateOf(contagiousFromDay), expiresAt, secondsLeft: left(expiresAt, call.now) }
    },

    async revokeCode(call, { given }) {
      const desk = await call.desk()
      if (desk.mechanism !== "data-bound") requireCode(given)
      if (!(await told(desk.revoke(given, whoOf(call).user.name)))) throw new Refusal("unknown-code")
      return undefined
    },

    async issueInBulk(call, { key, lines }) {
      const desk = await call.desk()
      requireMechanism(desk, "simple", "activated")
      const read = lines.map(line => orderOf(line, desk))
      const orders = read.flatMap(line => ("order" in line ? [line.order] : []))
      const by = whoOf(call).user.name
      const made = await told(desk.bulkIssue({ batchId: key, orders, said: JSON.stringify(lines) }, by))
      const results = made.values()
      return {
        lines: read.map(one => {
          if ("refusal" in one) return refused(one.refusal.code, one.refusal.fields)
          const line = results.next().value
          if (line === undefined || "refused" in line) return refused("day")
          return { ok: true as const, issued: issuedAnswer(line, call.now) }
        }),
      }
    },

    async statistics(call, { days }) {
      const lastDay = dayOf(call.now)
      const counted = await (await call.desk()).statistics({ firstDay: lastDay - days + 1, lastDay })
      const figure = (count: number | object): number | null => (typeof count === "number" ? count : null)
      return {
        suppressedBelow: SMALLEST_TOLD,
        days: counted.map(({ day, counts: { issued, activated, signed, revoked } }) => ({
          day: dateOf(day),
          issued: figure(issued),
          activated: figure(activated),
          signed: figure(signed),
          revoked: figure(revoked),
        })),
      }
    },

    async audit(call, { before, limit }) {
      const desk = await call.desk()
      const head = await desk.auditHead()
      const end = Math.min(before ?? head.number + 1, head.number + 1)
      const after = Math.max(0, end - 1 - limit)
      const entries = end <= 1 ? [] : await desk.audit({ after, limit: end - 1 - after })
      const rows = entries.map(({ number, minute, actor, action, count, hash }) => ({
        number,
        at: minuteOf(minute),
        who: actor,
        what: action,
        count,
        hash,
      }))
      return { rows: rows.reverse(), head: { ...head }, before: after > 0 ? after + 1 : null }
    },
  }
}
