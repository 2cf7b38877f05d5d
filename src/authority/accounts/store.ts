import type { Role } from "./roles.ts"

/** A passkey's public half. */
export interface Passkey {
  /** base64url, as the authenticator names it. */
  readonly id: string
  /** base64url of the COSE key. */
  readonly publicKey: string
  /** The last signature counter that was seen; 0 for authenticators that do not count. */
  readonly counter: number
  readonly transports: readonly string[]
  /** Text that the user chose. */
  readonly label: string
  readonly addedDay: number
}

/** A user's name. None begins as the names of API keys do: in the trail, nobody is taken for one. */
export const USER_NAME = /^(?!key-)[a-z0-9][a-z0-9._-]{1,30}$/

export interface User {
  readonly name: string
  readonly role: Role
  readonly disabled: boolean
  /** argon2id, PHC string. */
  readonly passwordHash: string
  /** Unix seconds until which the one-time password is good; null once the user chose one. */
  readonly oneTimeUntil: number | null
  /** Sessions and device cookies of an earlier epoch are void. */
  readonly epoch: number
  /** The secret, encrypted, and the last time step that was accepted. */
  readonly totp: { readonly sealed: string; readonly lastStep: number } | null
  readonly passkeys: readonly Passkey[]
  /** Keyed hashes of the recovery codes that are left. */
  readonly recovery: readonly string[]
  readonly createdDay: number
  readonly lastSignInDay: number | null
}

export interface Session {
  /** H(the cookie's value), hexadecimal. */
  readonly id: string
  readonly user: string
  /** Half: the password was right, and the second factor is owed. */
  readonly stage: "half" | "full"
  readonly epoch: number
  /** Unix seconds. */
  readonly startedAt: number
  readonly seenAt: number
  readonly training: boolean
  /** Of a passkey that is about to be used or set up. */
  readonly challenge: string | null
  /** The secret of an authenticator that is being set up, encrypted. */
  readonly pendingTotp: string | null
}

export interface ApiKey {
  /** 16 hexadecimal digits, part of the key. */
  readonly id: string
  readonly label: string
  /** argon2id of the key's secret part, PHC string. */
  readonly hash: string
  readonly createdDay: number
}

/**
 * Where users, their sessions and API keys are kept.
 * Obligations: what a call changes survives a power cut once it resolves; each call is one transaction, and calls do not
 * overlap, not even those of two processes over one file.
 */
export interface AccountStore {
  users(): Promise<User[]>
  user(name: string): Promise<User | undefined>
  /** False when there is a user of this name. */
  addUser(user: User): Promise<boolean>
  /**
   * Replaces a user by what `change` makes of it, or leaves it when that is undefined. What `change` throws goes to the
   * caller, and nothing is changed.
   * @returns the user as it is now, or undefined when there is none or it was left
   */
  changeUser(
    name: string,
    change: (user: User, all: () => readonly User[]) => User | undefined,
  ): Promise<User | undefined>
  session(id: string): Promise<Session | undefined>
  addSession(session: Session): Promise<void>
  /** As `changeUser`. A session that was removed meanwhile does not come back. */
  changeSession(id: string, change: (session: Session) => Session | undefined): Promise<Session | undefined>
  /** False when there is none: of two who end one session, one is told so. */
  removeSession(id: string): Promise<boolean>
  /** Removes the sessions that began before or were last seen before. */
  pruneSessions(startedBefore: number, seenBefore: number): Promise<void>
  apiKeys(): Promise<ApiKey[]>
  apiKey(id: string): Promise<ApiKey | undefined>
  addApiKey(key: ApiKey): Promise<void>
  /** False when there is none. */
  removeApiKey(id: string): Promise<boolean>
  close(): Promise<void>
}
