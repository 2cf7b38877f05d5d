import { type Random, time } from "../../crypto/index.ts"
import { Refusal } from "../refusal.ts"
import type { PasswordHash } from "./argon2.ts"
import type { InLane } from "./lanes.ts"
import { canonical, ONE_TIME_SECONDS, oneTimePassword } from "./password.ts"
import type { Role } from "./roles.ts"
import type { AccountStore, User } from "./store.ts"

/** What administrators do with users. `by` names the administrator in the audit log, with the user: `admin/nurse`. */
export interface Administration {
  list(): Promise<User[]>
  /** @returns the one-time password @throws Refusal conflict for a name that is taken */
  add(name: string, role: Role, by: string): Promise<string>
  /** @throws Refusal not-found; conflict for the last administrator that is not disabled */
  disable(name: string, by: string): Promise<void>
  enable(name: string, by: string): Promise<void>
  setRole(name: string, role: Role, by: string): Promise<void>
  /** @returns the one-time password. Sessions and known devices are void. */
  resetPassword(name: string, by: string): Promise<string>
  resetSecondFactor(name: string, by: string): Promise<void>
}

export interface AdministrationPorts {
  readonly clock: () => number
  readonly random: Random
  readonly store: AccountStore
  readonly passwords: PasswordHash
  readonly inLane: InLane
  readonly record: (actor: string, action: string) => Promise<void>
}

export function administration({
  clock,
  random,
  store,
  passwords,
  inLane,
  record,
}: AdministrationPorts): Administration {
  async function freshPassword() {
    const password = oneTimePassword(random)
    const passwordHash = await inLane("known", () => passwords.hash(canonical(password)))
    return { password, fields: { passwordHash, oneTimeUntil: clock() + ONE_TIME_SECONDS } }
  }

  // The trail is in another file. It is written first: of two halves of an act, the entry alone does no harm.
  async function change(name: string, by: string, action: string, to: (user: User) => User): Promise<void> {
    const changed = (user: User, all: readonly User[]): User => {
      const next = to(user)
      const isAdministrator = (one: User) => one.role === "administrator" && !one.disabled
      const others = all.filter(one => one.name !== name)
      if (isAdministrator(user) && !isAdministrator(next) && !others.some(isAdministrator))
        throw new Refusal("conflict")
      return next
    }
    const user = await store.user(name)
    if (user === undefined) throw new Refusal("not-found")
    changed(user, await store.users())
    await record(`${by}/${name}`, action)
    if ((await store.changeUser(name, (one, all) => changed(one, all()))) === undefined) throw new Refusal("not-found")
  }

  return {
    list: () => store.users(),
    async add(name, role, by) {
      const { password, fields } = await freshPassword()
      const user: User = {
        name,
        role,
        disabled: false,
        ...fields,
        epoch: 0,
        totp: null,
        passkeys: [],
        recovery: [],
        createdDay: time.day(clock()),
        lastSignInDay: null,
      }
      if ((await store.user(name)) !== undefined) throw new Refusal("conflict")
      await record(`${by}/${name}`, "add-user")
      if (!(await store.addUser(user))) throw new Refusal("conflict")
      return password
    },
    disable: (name, by) =>
      change(name, by, "disable-user", user => ({ ...user, disabled: true, epoch: user.epoch + 1 })),
    enable: (name, by) => change(name, by, "enable-user", user => ({ ...user, disabled: false })),
    setRole: (name, role, by) => change(name, by, "set-role", user => ({ ...user, role, epoch: user.epoch + 1 })),
    async resetPassword(name, by) {
      const { password, fields } = await freshPassword()
      await change(name, by, "reset-password", user => ({ ...user, ...fields, epoch: user.epoch + 1 }))
      return password
    },
    resetSecondFactor: (name, by) =>
      change(name, by, "reset-second-factor", user => ({
        ...user,
        totp: null,
        passkeys: [],
        recovery: [],
        epoch: user.epoch + 1,
      })),
  }
}
