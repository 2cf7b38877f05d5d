import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import {
  type Authority,
  argon2id,
  openAuthority,
  openPortal,
  openStaff,
  type PortalConfig,
  type Staff,
  smsWebhook,
  sqliteAccountStore,
  sqliteCodeStore,
} from "../authority/index.ts"
import { nativeEd25519 } from "../server/index.ts"
import { systemRandom } from "./random.ts"
import type { Service, Surroundings } from "./services.ts"
import { settingsOf } from "./settings.ts"

/** The portal's pages, as they were built beside this program. */
const PAGES = fileURLToPath(new URL("../../portal", import.meta.url))

const costOf = ({ ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_PARALLELISM }: PortalConfig) => ({
  memoryKiB: ARGON2_MEMORY_KIB,
  passes: ARGON2_PASSES,
  parallelism: ARGON2_PARALLELISM,
})

function smsOf({ SMS_URL, SMS_AUTHORIZATION, SMS_BODY, SMS_TIMEOUT_SECONDS }: PortalConfig) {
  if (SMS_URL === undefined) return undefined
  return smsWebhook({
    url: SMS_URL,
    authorization: SMS_AUTHORIZATION,
    body: SMS_BODY,
    timeoutMs: SMS_TIMEOUT_SECONDS * 1000,
  })
}

/** The authority's own parts, without anything that listens. */
async function openAuthorityParts(directory: string, around: Surroundings) {
  const settings = settingsOf("authority", directory, around.environment)
  const { config, portalConfig } = settings
  const root = resolve(directory, settings.data)
  const timing = {
    monotonic: () => performance.now(),
    wait: (ms: number) => new Promise<void>(done => setTimeout(done, ms)),
    curve: nativeEd25519,
  }
  const accounts = await sqliteAccountStore(join(root, "accounts.sqlite"))
  const passwords = await argon2id(costOf(portalConfig), config.hashKey)
  const ports = { clock: around.clock, random: systemRandom, ...timing, log: around.onAuthorityEvent }
  // The staff writes into the authority's log, and the authority asks the staff whose key it was given.
  const record = (actor: string, action: string): Promise<void> => authority.record(action, actor)
  const staff = openStaff(config.hashKey, { ...ports, store: accounts, passwords, record })
  const authority = await openAuthority(config, {
    ...ports,
    store: await sqliteCodeStore(join(root, "codes.sqlite"), systemRandom),
    programOf: staff.apiKeys.verify,
  })
  return { settings, authority, accounts, passwords, ports, staff }
}

/** The health authority of a deployment with its portal, over its files. It prunes when it is told to. */
export async function openAuthorityOf(
  directory: string,
  around: Surroundings,
): Promise<Service & { readonly authority: Authority; prune(): Promise<void> }> {
  const { settings, authority, accounts, passwords, ports } = await openAuthorityParts(directory, around)
  const { config, portalConfig, host, port } = settings
  const { ORIGIN } = portalConfig
  const portal =
    ORIGIN === undefined
      ? undefined
      : await openPortal({ FILES: PAGES, ...portalConfig, ORIGIN }, config, {
          ...ports,
          staffClock: around.staffClock ?? around.clock,
          accounts,
          passwords,
          authority,
          sms: smsOf(portalConfig),
        })
  return {
    name: "health authority",
    host,
    port,
    handler: portal?.handler ?? authority.handler,
    authority,
    async prune() {
      await authority.prune()
      await portal?.prune()
    },
    async close() {
      await portal?.close()
      await authority.close()
      await accounts.close()
    },
  }
}

/** The staff of a deployment's authority, which may be running meanwhile. What is done is in its audit log. */
export async function openStaffOf(
  directory: string,
  around: Surroundings,
): Promise<Staff & { close(): Promise<void> }> {
  const { staff, authority, accounts } = await openAuthorityParts(directory, around)
  return {
    ...staff,
    async close() {
      await authority.close()
      await accounts.close()
    },
  }
}
