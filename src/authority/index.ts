/**
 * The health authority: gives a code with a positive result, and signs the commitment of the phone that redeems it.
 * @module
 */
import type { RequestListener } from "node:http"
import { checkedRandom, type Random, type signature } from "../crypto/index.ts"
import { auditFacts } from "./audit.ts"
import { type BulkOrder, bulkIssuing } from "./bulk.ts"
import { type AuthorityConfig, checkAuthorityConfig } from "./config.ts"
import { contagiousDayOf } from "./contagious.ts"
import type { Desk } from "./desk.ts"
import { hourOf } from "./hours.ts"
import { httpListener } from "./http/app.ts"
import { type ActivateOrder, type IssuedCode, type IssueOrder, issuing, type SignOrder } from "./issue.ts"
import { type Portal, type PortalPorts, servePortal } from "./portal.ts"
import type { ServedPortalConfig } from "./portal-config.ts"
import { redeeming } from "./redeem.ts"
import { statistics } from "./statistics.ts"
import { memoryCodeStore } from "./store/memory.ts"
import type { CodeStore } from "./store/store.ts"

export { openStaff, type Staff } from "./accounts/accounts.ts"
export { argon2id, type PasswordHash } from "./accounts/argon2.ts"
export { memoryAccountStore } from "./accounts/memory.ts"
export { ROLES, type Role } from "./accounts/roles.ts"
export { sqliteAccountStore } from "./accounts/sqlite.ts"
export { type AccountStore, USER_NAME } from "./accounts/store.ts"
export { type AuditEntry, type AuditFacts, type AuditHead, verifyAudit } from "./audit.ts"
export type { BulkLine, BulkLineOrder, BulkOrder } from "./bulk.ts"
export type { AuthorityConfig } from "./config.ts"
export { apiMarkdown } from "./http/portal/markdown.ts"
export { type OpenApi, openApi } from "./http/portal/openapi.ts"
export type { ActivateOrder, IssuedCode, IssueOrder, Permission, SignOrder } from "./issue.ts"
export { MECHANISM_NAMES, type MechanismName } from "./mechanism.ts"
export type { Portal, PortalPorts } from "./portal.ts"
export {
  isPortalOrigin,
  type PortalConfig,
  portalConfigFrom,
  portalSettings,
  type ServedPortalConfig,
} from "./portal-config.ts"
export { Refusal } from "./refusal.ts"
export { authorityConfigFrom, authoritySettings } from "./settings.ts"
export { type SmsGateway, smsWebhook } from "./sms.ts"
export type { DayStatistics } from "./statistics.ts"
export { memoryCodeStore } from "./store/memory.ts"
export { sqliteCodeStore } from "./store/sqlite.ts"
export type { Attempt, Batch, CodeRow, CodeStore, DayCount, Grant } from "./store/store.ts"

export interface AuthorityPorts {
  /** Unix seconds; only hours and days of it are kept, and in the audit log minutes. */
  readonly clock: () => number
  /** Milliseconds that never go back: when an answer is due. */
  readonly monotonic: () => number
  /** Resolves no earlier than `ms` milliseconds from now, give or take the timer's resolution. */
  readonly wait: (ms: number) => Promise<void>
  readonly random: Random
  /** Closed by the authority. */
  readonly store: CodeStore
  readonly curve: signature.Ed25519
  /**
   * The id, for the audit log, of the program whose Authorization header it is; undefined for none. Without this port no
   * program issues codes over HTTP.
   */
  readonly programOf?: (authorization: string | undefined) => Promise<string | undefined>
  /** Gets kinds of events and of faults; never an address, a code, a commitment or a token. */
  readonly log?: (event: string, facts: Readonly<Record<string, string>>) => void
}

/** The health authority: its staff's verbs, what programs and phones ask over HTTP, and its upkeep. */
export interface Authority extends Desk {
  /** A node:http listener: POST /v1/redeem, POST /v1/codes and GET /healthz. */
  readonly handler: RequestListener
  /** Under which tokens verify; publishers list it. */
  readonly publicKey: Uint8Array
  /**
   * A fresh code: good at once (simple), or dead until it is activated (activated).
   * @throws RangeError for a day in the future or more than 14 days back; LindungError state in mechanism data-bound
   */
  issue(order: IssueOrder, by: string): Promise<IssuedCode>
  /** Logs an act that changes no code: a sign-in, a new user. @param action lower-case words joined by hyphens */
  record(action: string, by: string): Promise<void>
  /** Removes what has expired. To be called once an hour; redeeming does it as well. */
  prune(): Promise<void>
  /** Answers who waits, then closes the store. */
  close(): Promise<void>
}

/** @throws LindungError config, naming every problem */
export async function openAuthority(config: AuthorityConfig, ports: AuthorityPorts): Promise<Authority> {
  const checked = checkAuthorityConfig(config)
  const { store, clock, wait, curve, programOf = async () => undefined, log = () => {} } = ports
  const random = checkedRandom(ports.random)
  const codes = issuing(checked, { store, random })
  const bulk = bulkIssuing(checked, { store, random, yielding: () => wait(0) })
  const { redeem, idle } = redeeming(checked, ports)
  const verbs = {
    mechanism: checked.mechanism,
    issue: (order: IssueOrder, by: string) => codes.issue(order, by, clock()),
    activate: (order: ActivateOrder, by: string) => codes.activate(order, by, clock()),
    signCommitment: (order: SignOrder, by: string) => codes.signCommitment(order, by, clock()),
    revoke: (given: string, by: string) => codes.revoke(given, by, clock()),
    bulkIssue: (order: BulkOrder, by: string) => bulk(order, by, clock()),
    contagiousDayOf: (date: string, at = clock()) => contagiousDayOf(date, at, checked.timeZone),
    record: async (action: string, by: string) => store.record(auditFacts(by, action, clock())),
    audit: ({ after, limit }: { readonly after: number; readonly limit: number }) => store.entries(after, limit),
    auditHead: () => store.head(),
    statistics: (days: { readonly firstDay: number; readonly lastDay: number }) => statistics(store, days),
    async prune() {
      await store.prune(hourOf(clock()))
      const { number, hash } = await store.head()
      if (number > 0) log("audit-head", { number: String(number), hash })
    },
  }
  await store.prune(hourOf(clock()))
  return {
    ...verbs,
    handler: httpListener({ redeem, ...verbs, programOf, log }),
    publicKey: curve.verifyKey(checked.signingSeed),
    async close() {
      await idle()
      await store.close()
    },
  }
}

const SEED_BYTES = 32
const MAX_TRAINING_WAITING = 1

/**
 * The portal of an authority, for its staff. An authority to train on has the same settings, and keys of its own that are
 * forgotten with it.
 * @param config the portal's settings @param authorityConfig those with which the authority was opened
 */
export function openPortal(
  config: ServedPortalConfig,
  authorityConfig: AuthorityConfig,
  ports: Omit<PortalPorts, "sandbox"> & Pick<AuthorityPorts, "monotonic" | "wait" | "curve">,
): Promise<Portal> {
  const { clock, random, monotonic, wait, curve } = ports
  const sandbox = () =>
    openAuthority(
      {
        ...authorityConfig,
        signingSeed: random.bytes(SEED_BYTES),
        hashKey: random.bytes(SEED_BYTES),
        maxWaiting: MAX_TRAINING_WAITING,
      },
      { clock, random, monotonic, wait, curve, store: memoryCodeStore() },
    )
  return servePortal(config, authorityConfig.hashKey, { ...ports, sandbox })
}
