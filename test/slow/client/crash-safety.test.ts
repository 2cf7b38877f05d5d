import "fake-indexeddb/auto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { memoryStore } from "../../../src/client/index.ts"
import { indexedDBStore } from "../../../src/client/store/indexeddb.ts"
import { sqliteStore } from "../../../src/client/store/sqlite.ts"
import { encryptedInMemory } from "../../client/vault.ts"
import { crashSafety } from "../../contract/crash-safety.ts"

// The quick suite has the memory store with the default design; here are all stores and designs.
const directory = mkdtempSync(join(tmpdir(), "lindung-crash-"))
after(() => rmSync(directory, { recursive: true }))
let made = 0

crashSafety("SQLite", () => {
  const path = join(directory, `${made++}.sqlite`)
  return () => sqliteStore(path)
})
crashSafety("IndexedDB", () => {
  const name = `crash-${made++}`
  return () => indexedDBStore(name)
})
crashSafety("memory", () => {
  const store = memoryStore()
  return async () => store
})
crashSafety("encrypted", () => {
  const again = encryptedInMemory()
  return async () => again()
})
