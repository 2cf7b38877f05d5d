/**
 * The health authority: gives a code with a positive result, and signs the commitment of the phone that redeems it.
 * @module
 */
import type { RequestListener } from "node:http"
import type { Random, signature } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"
import { type AuthorityConfig, checkAuthorityConfig } from "./config.ts"
import { httpListener } from "./http/app.ts"
import { hourOf, type IssuedCode, type IssueOrder, simpleCodes } from "./issue.ts"
import { redeeming } from "./redeem.ts"
import type { CodeStore } from "./store/store.ts"

export { newApiKey } from "./api-key.ts"
export { type AuthorityConfig, authorityConfigFrom } from "./config.ts"
export { apiMarkdown } from "./http/portal/markdown.ts"
export { type OpenApi, openApi } from "./http/portal/openapi.ts"
export type { IssuedCode, IssueOrder } from "./issue.ts"
export { memoryCodeStore } from "./store/memory.ts"
export { sqliteCodeStore } from "./store/sqlite.ts"
export type { Attempt, CodeRow, CodeStore, Grant } from "./store/store.ts"

export interface AuthorityPorts {
  /** Unix seconds; only hours and days of it are kept. */
  readonly clock: () => number
  /** Milliseconds that never go back: when an answer is due. */
  readonly monotonic: () => number
  /** Resolves no earlier than `ms` milliseconds from now, give or take the timer's resolution. */
  readonly wait: (ms: number) => Promise<void>
  readonly random: Random
  /** Closed by the authority. */
  readonly store: CodeStore
  readonly curve: signature.Ed25519
  /** Gets kinds of events and of faults; never an address, a code, a commitment or a token. */
  readonly log?: (event: string, facts: Readonly<Record<string, string>>) => void
}

export interface Authority {
  /** A node:http listener: POST /v1/redeem and POST /v1/codes. */
  readonly handler: RequestListener
  /** Under which tokens verify; publishers list it. */
  readonly publicKey: Uint8Array
  /** A fresh code. @throws RangeError for a day in the future or more than 14 days back */
  issue(order: IssueOrder): Promise<IssuedCode>
  /** Removes what has expired. To be called once an hour; redeeming does it as well. */
  prune(): Promise<void>
  /** Answers who waits, then closes the store. */
  close(): Promise<void>
}

/** @throws LindungError config, naming every problem */
export async function openAuthority(config: AuthorityConfig, ports: AuthorityPorts): Promise<Authority> {
  const checked = checkAuthorityConfig(config)
  const { store, clock, random, curve, log = () => {} } = ports
  const issuing = simpleCodes(checked, { store, random })
  const { redeem, idle } = redeeming(checked, ports)
  const issue = (order: IssueOrder) => issuing.issue(order, clock())
  const prune = () => store.prune(hourOf(clock()))
  await prune()
  return {
    handler: httpListener({
      redeem,
      issue: order => issueForHttp(issue, order),
      apiKeyHashes: checked.apiKeyHashes,
      log,
    }),
    publicKey: curve.verifyKey(checked.signingSeed),
    issue,
    prune,
    async close() {
      await idle()
      await store.close()
    },
  }
}

/** A day that cannot be is the sender's mistake, not the server's. */
async function issueForHttp(issue: Authority["issue"], order: IssueOrder): Promise<IssuedCode> {
  try {
    return await issue(order)
  } catch (error) {
    if (error instanceof RangeError) throw new LindungError("format", error.message)
    throw new LindungError("full", "the code store did not take the code", { cause: error })
  }
}
