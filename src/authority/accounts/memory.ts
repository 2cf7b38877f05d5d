import type { AccountStore, ApiKey, Session, User } from "./store.ts"

/** Accounts that live as long as the process: for tests, simulations and demonstrations. */
export function memoryAccountStore(): AccountStore {
  const users = new Map<string, User>()
  const sessions = new Map<string, Session>()
  const keys = new Map<string, ApiKey>()
  const sorted = () => [...users.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    async users() {
      return sorted()
    },
    async user(name) {
      return users.get(name)
    },
    async addUser(user) {
      if (users.has(user.name)) return false
      users.set(user.name, user)
      return true
    },
    async changeUser(name, change) {
      const user = users.get(name)
      const changed = user && change(user, sorted)
      if (changed !== undefined) users.set(name, changed)
      return changed
    },
    async session(id) {
      return sessions.get(id)
    },
    async addSession(session) {
      sessions.set(session.id, session)
    },
    async changeSession(id, change) {
      const session = sessions.get(id)
      const changed = session && change(session)
      if (changed !== undefined) sessions.set(id, changed)
      return changed
    },
    async removeSession(id) {
      return sessions.delete(id)
    },
    async pruneSessions(startedBefore, seenBefore) {
      for (const { id, startedAt, seenAt } of sessions.values())
        if (startedAt < startedBefore || seenAt < seenBefore) sessions.delete(id)
    },
    async apiKeys() {
      return [...keys.values()]
    },
    async apiKey(id) {
      return keys.get(id)
    },
    async addApiKey(key) {
      keys.set(key.id, key)
    },
    async removeApiKey(id) {
      return keys.delete(id)
    },
    async close() {
      for (const kept of [users, sessions, keys]) kept.clear()
    },
  }
}
