import { dateOf, userAnswer } from "./answers.ts"
import { type Call, type Handlers, whoOf } from "./call.ts"
import type { USER_ROUTES } from "./user-routes.ts"

const byOf = (call: Call): string => whoOf(call).user.name

export const USER_HANDLERS: Handlers<keyof typeof USER_ROUTES> = {
  users: async ({ accounts }) => ({ users: (await accounts.administration.list()).map(userAnswer) }),
  addUser: async (call, { name, role }) => ({
    name,
    oneTimePassword: await call.accounts.administration.add(name, role, byOf(call)),
  }),
  async disableUser(call, { name }) {
    await call.accounts.administration.disable(name, byOf(call))
    return undefined
  },
  async enableUser(call, { name }) {
    await call.accounts.administration.enable(name, byOf(call))
    return undefined
  },
  async setRole(call, { name, role }) {
    await call.accounts.administration.setRole(name, role, byOf(call))
    return undefined
  },
  resetPassword: async (call, { name }) => ({
    name,
    oneTimePassword: await call.accounts.administration.resetPassword(name, byOf(call)),
  }),
  async resetSecondFactor(call, { name }) {
    await call.accounts.administration.resetSecondFactor(name, byOf(call))
    return undefined
  },
  apiKeys: async ({ accounts }) => ({
    keys: (await accounts.apiKeys.list()).map(({ id, label, createdDay }) => ({
      id,
      label,
      createdOn: dateOf(createdDay),
    })),
  }),
  addApiKey: (call, { label }) => call.accounts.apiKeys.add(label, byOf(call)),
  async revokeApiKey(call, { id }) {
    await call.accounts.apiKeys.revoke(id, byOf(call))
    return undefined
  },
}
