import type { Random } from "../../crypto/index.ts"
import { type Administration, administration } from "./administration.ts"
import { type ApiKeys, apiKeys } from "./api-keys.ts"
import type { PasswordHash } from "./argon2.ts"
import { type Devices, devices } from "./device.ts"
import { type OwnAccount, ownAccount } from "./factors.ts"
import { lanes } from "./lanes.ts"
import { passkeys } from "./passkeys.ts"
import { recovery } from "./recovery.ts"
import { ROLES, type Role } from "./roles.ts"
import { type Sessions, type SessionTimes, sessions } from "./sessions.ts"
import { hasFactor, type SigningIn, signingIn } from "./sign-in.ts"
import type { AccountStore, User } from "./store.ts"
import { totps } from "./totp.ts"

/** Hashes that run at a time: two of the four threads that Node has for such work. */
const LANES = { running: 2, waiting: 32 }

interface AccountsConfig extends SessionTimes {
  readonly hashKey: Uint8Array
  /** Of the portal's pages: https://codes.example, without a slash at the end. */
  readonly origin: string
  /** This role and those above it need a second factor; `none` when it is everybody's own choice. */
  readonly secondFactorFrom: Role | "none"
}

export interface AccountsPorts {
  readonly clock: () => number
  readonly random: Random
  readonly store: AccountStore
  readonly passwords: PasswordHash
  /** Writes into the audit log. */
  readonly record: (actor: string, action: string) => Promise<void>
}

/** What administrators look after. */
export interface Staff {
  readonly administration: Administration
  readonly apiKeys: ApiKeys
}

/** @param hashKey the authority's */
export function openStaff(hashKey: Uint8Array, ports: AccountsPorts, inLane = lanes(LANES)): Staff {
  return {
    administration: administration({ ...ports, inLane }),
    apiKeys: apiKeys(hashKey, { ...ports, inLane }),
  }
}

/** Who works for the authority, people and programs, and how they show it. */
export interface Accounts extends Staff {
  readonly signIn: SigningIn
  readonly own: OwnAccount
  readonly sessions: Sessions
  readonly devices: Devices
  mustEnrol(user: User): boolean
}

export async function openAccounts(config: AccountsConfig, ports: AccountsPorts): Promise<Accounts> {
  const { hashKey, origin, secondFactorFrom } = config
  const { store, random, passwords } = ports
  const title = new URL(origin).hostname
  const needsFactor = ({ role }: User): boolean =>
    secondFactorFrom !== "none" && ROLES.indexOf(role) >= ROLES.indexOf(secondFactorFrom)
  const inLane = lanes(LANES)
  const parts = {
    ...ports,
    inLane,
    sessions: sessions(store, random, config),
    devices: devices(hashKey),
    totp: await totps(hashKey, title),
    passkeys: await passkeys(origin, title),
    recovery: recovery(hashKey),
  }
  const decoyHash = await passwords.hash("nobody's password")
  const signIn = signingIn(parts, decoyHash)
  return {
    signIn,
    own: ownAccount({ ...parts, signIn, needsFactor }),
    sessions: parts.sessions,
    devices: parts.devices,
    ...openStaff(hashKey, ports, inLane),
    mustEnrol: user => needsFactor(user) && !hasFactor(user),
  }
}
