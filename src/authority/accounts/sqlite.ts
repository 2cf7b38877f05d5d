import type { Database } from "better-sqlite3"
import { openFile, rebuild } from "../store/sqlite-file.ts"
import type { AccountStore, ApiKey, Session, User } from "./store.ts"

/*
 * users     name, the user as JSON
 * sessions  hash of the cookie's value, start and last use (unix seconds), the session as JSON
 * api_keys  id, the key's row as JSON
 */
const SCHEMA_VERSION = 1
const SCHEMA = `
  CREATE TABLE users (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, started_at REAL NOT NULL, seen_at REAL NOT NULL, document TEXT NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE api_keys (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID, STRICT`
const BUSY_MS = 5_000

/**
 * Accounts in one SQLite file, which is made with mode 0600 when it is missing. Two processes may have it open: the server,
 * and somebody who adds a user from the command line.
 * @throws LindungError schema-newer for a file of a later version, storage-corrupt for one that is not a database
 */
export const sqliteAccountStore = (path: string): Promise<AccountStore> =>
  openFile(
    path,
    {
      name: "account",
      schemaVersion: SCHEMA_VERSION,
      timeout: BUSY_MS,
      migrate: database => {
        database.exec(SCHEMA)
      },
    },
    accountStore,
  )

function accountStore(database: Database): AccountStore {
  const one = <T>(sql: string) => {
    const found = database.prepare<[string], string>(sql).pluck()
    return (key: string): T | undefined => {
      const document = found.get(key)
      return document === undefined ? undefined : (JSON.parse(document) as T)
    }
  }
  const all = <T>(sql: string) => {
    const found = database.prepare<[], string>(sql).pluck()
    return (): T[] => found.all().map(document => JSON.parse(document) as T)
  }
  const userOf = one<User>("SELECT document FROM users WHERE name = ?")
  const allUsers = all<User>("SELECT document FROM users ORDER BY name")
  const addUser = database.prepare("INSERT INTO users VALUES (?, ?) ON CONFLICT DO NOTHING")
  const setUser = database.prepare("UPDATE users SET document = ? WHERE name = ?")
  const sessionOf = one<Session>("SELECT document FROM sessions WHERE id = ?")
  const addSession = database.prepare("INSERT INTO sessions VALUES (?, ?, ?, ?)")
  const setSession = database.prepare("UPDATE sessions SET seen_at = ?, document = ? WHERE id = ?")
  const removeSession = database.prepare("DELETE FROM sessions WHERE id = ?")
  const prune = database.prepare("DELETE FROM sessions WHERE started_at < ? OR seen_at < ?")
  const keyOf = one<ApiKey>("SELECT document FROM api_keys WHERE id = ?")
  const allKeys = all<ApiKey>("SELECT document FROM api_keys ORDER BY id")
  const addKey = database.prepare("INSERT INTO api_keys VALUES (?, ?)")
  const removeKey = database.prepare("DELETE FROM api_keys WHERE id = ?")

  const changeUser = database.transaction((name: string, change: Parameters<AccountStore["changeUser"]>[1]) => {
    const user = userOf(name)
    const changed = user && change(user, allUsers)
    if (changed !== undefined) setUser.run(JSON.stringify(changed), name)
    return changed
  })
  const changeSession = database.transaction((id: string, change: Parameters<AccountStore["changeSession"]>[1]) => {
    const session = sessionOf(id)
    const changed = session && change(session)
    if (changed !== undefined) setSession.run(changed.seenAt, JSON.stringify(changed), id)
    return changed
  })

  // Old pages in the log, and free ones in the file, would hold what was removed.
  const cut = (): void => {
    database.pragma("wal_checkpoint(TRUNCATE)")
  }
  const tidied = <T>(result: T): T => {
    try {
      cut()
    } catch {
      // It is done, and must not be said to have failed; the next write, or pruning, cuts the log.
    }
    return result
  }

  return {
    async users() {
      return allUsers()
    },
    async user(name) {
      return userOf(name)
    },
    async addUser(user) {
      return tidied(addUser.run(user.name, JSON.stringify(user)).changes > 0)
    },
    async changeUser(name, change) {
      return tidied(changeUser.immediate(name, change))
    },
    async session(id) {
      return sessionOf(id)
    },
    async addSession(session) {
      tidied(addSession.run(session.id, session.startedAt, session.seenAt, JSON.stringify(session)))
    },
    async changeSession(id, change) {
      return tidied(changeSession.immediate(id, change))
    },
    async removeSession(id) {
      return tidied(removeSession.run(id).changes > 0)
    },
    async pruneSessions(startedBefore, seenBefore) {
      prune.run(startedBefore, seenBefore)
      rebuild(database)
    },
    async apiKeys() {
      return allKeys()
    },
    async apiKey(id) {
      return keyOf(id)
    },
    async addApiKey(key) {
      tidied(addKey.run(key.id, JSON.stringify(key)))
    },
    async removeApiKey(id) {
      return tidied(removeKey.run(id).changes > 0)
    },
    async close() {
      rebuild(database)
      database.close()
    },
  }
}
