import type { RequestListener } from "node:http"
import type { Random } from "../crypto/index.ts"
import { type Accounts, openAccounts } from "./accounts/accounts.ts"
import type { PasswordHash } from "./accounts/argon2.ts"
import { lanes } from "./accounts/lanes.ts"
import type { AccountStore } from "./accounts/store.ts"
import type { Desk } from "./desk.ts"
import { portalListener } from "./http/portal/app.ts"
import { codeHandlers } from "./http/portal/code-handlers.ts"
import { cookies } from "./http/portal/cookies.ts"
import { sessionHandlers } from "./http/portal/session-handlers.ts"
import { smsHandlers } from "./http/portal/sms-handlers.ts"
import { USER_HANDLERS } from "./http/portal/user-handlers.ts"
import type { ServedPortalConfig } from "./portal-config.ts"
import { type Sandbox, sandboxes } from "./sandboxes.ts"
import type { SmsGateway } from "./sms.ts"

/** Texts that are handed over at a time. */
const SMS_LANES = { running: 4, waiting: 64 }

export interface PortalPorts {
  /** Unix seconds, the authority's clock. */
  readonly clock: () => number
  /** By which sessions end and authenticators count, where the authority's clock is not the world's. */
  readonly staffClock?: () => number
  readonly random: Random
  /** Not closed by the portal, as programs need it too. */
  readonly accounts: AccountStore
  readonly passwords: PasswordHash
  /** The authority; not closed by the portal. `handler` answers what is not the portal's. */
  readonly authority: Desk & {
    readonly handler: RequestListener
    record(action: string, by: string): Promise<void>
  }
  /** An authority in memory, under keys of its own, for somebody who trains. */
  readonly sandbox: () => Promise<Sandbox>
  /** undefined: no text messages. */
  readonly sms?: SmsGateway | undefined
  /** Gets kinds of faults; never a name, a number, a code or an address. */
  readonly log?: (event: string, facts: Readonly<Record<string, string>>) => void
}

export interface Portal {
  /** A node:http listener: the portal's routes and pages, and all of the authority's. */
  readonly handler: RequestListener
  readonly accounts: Accounts
  /** Removes sessions that ended. To be called once an hour. */
  prune(): Promise<void>
  close(): Promise<void>
}

const MINUTE = 60
const HOUR = 3600

/** @param hashKey the authority's: passwords, API keys and second factors cannot be checked without it */
export async function servePortal(
  config: ServedPortalConfig,
  hashKey: Uint8Array,
  ports: PortalPorts,
): Promise<Portal> {
  const { clock, staffClock = clock, random, authority, sms, log = () => {} } = ports
  const accounts = await openAccounts(
    {
      hashKey,
      origin: config.ORIGIN,
      idleSeconds: config.IDLE_MINUTES * MINUTE,
      longestSeconds: config.SESSION_HOURS * HOUR,
      secondFactorFrom: config.SECOND_FACTOR_FROM,
    },
    {
      clock: staffClock,
      random,
      store: ports.accounts,
      passwords: ports.passwords,
      record: (actor, action) => authority.record(action, actor),
    },
  )
  const training = sandboxes(ports.sandbox)
  const texts = { en: config.SMS_TEXT_EN, ms: config.SMS_TEXT_MS }
  const rule = { daysBeforeOnset: config.DAYS_BEFORE_ONSET, daysBeforeTest: config.DAYS_BEFORE_TEST }
  const handler = portalListener({
    accounts,
    desk: authority,
    sandboxes: training,
    cookies: cookies(config.ORIGIN),
    origin: config.ORIGIN,
    clock,
    staffClock,
    handlers: {
      ...sessionHandlers(sms !== undefined, training.drop),
      ...codeHandlers(rule),
      ...smsHandlers({ gateway: sms, texts, inLane: lanes(SMS_LANES) }),
      ...USER_HANDLERS,
    },
    files: config.FILES,
    others: authority.handler,
    log,
  })
  return {
    handler,
    accounts,
    prune: () => accounts.sessions.prune(staffClock()),
    async close() {
      await training.close()
    },
  }
}
