import { ascii, code as codes, concat, equal, hmacSha256, type Random, u32 } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"
import { auditFacts } from "./audit.ts"
import type { AuthorityConfig } from "./config.ts"
import { endOf, hourOf } from "./hours.ts"
import { type IssuedCode, type IssueOrder, issuedCode, termsOf } from "./issue.ts"
import { codeHash, MECHANISMS } from "./mechanism.ts"
import type { Batch, CodeRow, CodeStore } from "./store/store.ts"

const MAX_LINES = 100_000
const BATCH_ID = /^[A-Za-z0-9_-]{16,64}$/
const SALT_BYTES = 32
/** Lines of one transaction: between two of them who redeems gets his turn. */
const LINES_AT_ONCE = 500
const NO_DAY = 2 ** 32 - 1

export interface BulkOrder {
  /** Chosen by whoever orders: 16 to 64 of A–Z a–z 0–9 _ -. The same id again gives the same codes. */
  readonly batchId: string
  /** 1 to 100,000 lines; none only where `said` tells of lines that are not to be done. */
  readonly orders: readonly BulkLineOrder[]
  /** What was ordered, in the orderer's words. Needed where lines follow from the moment: the same id with other words is another order. */
  readonly said?: string
}

/**
 * What a line's code is to say. As a function: what it is to say when it is ordered at a moment (unix seconds), for days
 * that count from today. It throws RangeError for a day that may not be given.
 */
export type BulkLineOrder = IssueOrder | ((at: number) => IssueOrder)

/** Of a line: its code, or what was wrong with it. */
export type BulkLine = IssuedCode | { readonly refused: string }

/**
 * Codes for many lines. It may be repeated after a lost answer, or when it broke off: what was stored stays, and the codes
 * are the same, since they follow from a salt that is kept until they end:
 *
 *   code j = the code whose dice are HMAC(hash key, "lindung/authority/bulk/1" ‖ salt ‖ u32 j ‖ u32 0, 1, …)
 *
 * A line with a bad day is refused, and the others are done.
 * @param by names the orderer in the audit log, and his ids are his own
 * @throws RangeError for an id or a number of lines outside the bounds; LindungError state in mechanism data-bound, and for
 * an id that was used for other lines
 */
export type BulkIssue = (order: BulkOrder, by: string, now: number) => Promise<BulkLine[]>

type BulkConfig = Pick<AuthorityConfig, "mechanism" | "hashKey" | "codeValidHours" | "testValidHours">

export function bulkIssuing(
  config: BulkConfig,
  {
    store,
    random,
    yielding,
  }: { readonly store: CodeStore; readonly random: Random; readonly yielding: () => Promise<void> },
): BulkIssue {
  const { hashKey } = config
  const mechanism = MECHANISMS[config.mechanism]
  const keyed = (label: string, ...parts: Uint8Array[]) => hmacSha256(hashKey, concat(ascii(label), ...parts))

  function codeOf(salt: Uint8Array, line: number): string {
    let block = 0
    let left = new Uint8Array(0)
    const bytes = (n: number): Uint8Array => {
      while (left.length < n) left = concat(left, keyed("lindung/authority/bulk/1", salt, u32(line), u32(block++)))
      const taken = left.slice(0, n)
      left = left.slice(n)
      return taken
    }
    return codes.generate({ bytes })
  }

  /**
   * What a line's code is to say, judged in the hour of the order, also when it is repeated later: in its last second, when
   * no date of the hour is still to come, wherever the deployment is.
   */
  function checked(
    order: BulkLineOrder,
    issuedHour: number,
  ): ReturnType<typeof termsOf> | { readonly refused: string } {
    const at = endOf(issuedHour + 1) - 1
    try {
      return termsOf(typeof order === "function" ? order(at) : order, config, at)
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error
      return { refused: error.message }
    }
  }

  function lineOf(batch: Batch, order: BulkLineOrder, line: number): { row?: CodeRow; result: BulkLine } {
    const terms = checked(order, batch.issuedHour)
    if ("refused" in terms) return { result: terms }
    const code = codeOf(batch.salt, line)
    const row = { code: codeHash(hashKey, ascii(code)), mechanism: mechanism.number, ...terms }
    return { row, result: issuedCode(code, terms.contagiousFromDay, terms.expiresHour) }
  }

  function wordsOf({ orders, said }: BulkOrder): Uint8Array {
    if (said !== undefined) return new TextEncoder().encode(said)
    const days = orders.map(order => {
      if (typeof order === "function") throw new TypeError("said: expected the order's words where lines are functions")
      return order.contagiousFromDay ?? NO_DAY
    })
    return ascii(days.join())
  }

  return async (ordered, by, now) => {
    const { batchId, orders, said } = ordered
    if (mechanism.codes === "none") throw new LindungError("state", `mechanism ${config.mechanism} does not give codes`)
    if (!BATCH_ID.test(batchId)) throw new RangeError("batchId: expected 16 to 64 letters, digits, _ or -")
    if (orders.length < (said === undefined ? 1 : 0) || orders.length > MAX_LINES)
      throw new RangeError(`orders: expected 1 to ${MAX_LINES} lines, got ${orders.length}`)
    const issuedHour = hourOf(now)
    const { codeValidHours, testValidHours } = config
    const wanted: Batch = {
      id: keyed("lindung/authority/batch/1", ascii(by), Uint8Array.of(0), ascii(batchId)),
      order: keyed("lindung/authority/order/1", wordsOf(ordered)),
      salt: random.bytes(SALT_BYTES),
      issuedHour,
      // Every code of it ends within its longest life, counted from the end of this hour.
      expiresHour: issuedHour + 1 + (mechanism.codes === "dead" ? testValidHours : codeValidHours),
      done: 0,
    }
    const known = await store.batch(wanted.id)
    const good = orders.filter(order => !("refused" in checked(order, issuedHour))).length
    // Of an order of which nothing comes, nothing is kept; who asks in words is told so for each line.
    if (known === undefined && good === 0 && said !== undefined)
      return orders.map(order => checked(order, issuedHour)).flatMap(line => ("refused" in line ? [line] : []))
    const facts = auditFacts(by, orders.length === 1 ? "issue" : "bulk-issue", now, good)
    const batch = known ?? (await store.beginBatch(wanted, facts))
    if (!equal(batch.order, wanted.order)) throw new LindungError("state", "this batch id was used for other lines")
    const results: BulkLine[] = []
    for (let done = 0; done < orders.length; done += LINES_AT_ONCE) {
      const made = orders.slice(done, done + LINES_AT_ONCE).map((order, i) => lineOf(batch, order, done + i))
      results.push(...made.map(({ result }) => result))
      if (done >= batch.done)
        await store.addToBatch(
          batch.id,
          done,
          made.flatMap(({ row }) => row ?? []),
          made.length,
        )
      await yielding()
    }
    return results
  }
}
