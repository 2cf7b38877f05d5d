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
  /** 1 to 100,000 lines. */
  readonly orders: readonly IssueOrder[]
}

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

  /** What a line's code is to say, judged in the hour of the order, also when it is repeated later. */
  function checked(order: IssueOrder, issuedHour: number): ReturnType<typeof termsOf> | { readonly refused: string } {
    try {
      return termsOf(order, config, endOf(issuedHour) + 1)
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error
      return { refused: error.message }
    }
  }

  function lineOf(batch: Batch, order: IssueOrder, line: number): { row?: CodeRow; result: BulkLine } {
    const terms = checked(order, batch.issuedHour)
    if ("refused" in terms) return { result: terms }
    const code = codeOf(batch.salt, line)
    const row = { code: codeHash(hashKey, ascii(code)), mechanism: mechanism.number, ...terms }
    return { row, result: issuedCode(code, terms.contagiousFromDay, terms.expiresHour) }
  }

  return async ({ batchId, orders }, by, now) => {
    if (mechanism.codes === "none") throw new LindungError("state", `mechanism ${config.mechanism} does not give codes`)
    if (!BATCH_ID.test(batchId)) throw new RangeError("batchId: expected 16 to 64 letters, digits, _ or -")
    if (orders.length < 1 || orders.length > MAX_LINES)
      throw new RangeError(`orders: expected 1 to ${MAX_LINES} lines, got ${orders.length}`)
    const lines = orders.map(({ contagiousFromDay }) => contagiousFromDay ?? NO_DAY)
    const issuedHour = hourOf(now)
    const { codeValidHours, testValidHours } = config
    const wanted: Batch = {
      id: keyed("lindung/authority/batch/1", ascii(by), Uint8Array.of(0), ascii(batchId)),
      order: keyed("lindung/authority/order/1", ascii(lines.join())),
      salt: random.bytes(SALT_BYTES),
      issuedHour,
      // Every code of it ends within its longest life, counted from the end of this hour.
      expiresHour: issuedHour + 1 + (mechanism.codes === "dead" ? testValidHours : codeValidHours),
      done: 0,
    }
    const good = orders.filter(order => !("refused" in checked(order, issuedHour))).length
    const batch = await store.beginBatch(
      wanted,
      auditFacts(by, orders.length === 1 ? "issue" : "bulk-issue", now, good),
    )
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
