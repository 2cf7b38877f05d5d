import { hex } from "../../crypto/index.ts"
import { answers, UNSPENT } from "./rule.ts"
import { type CodeRow, type CodeStore, REPEAT_HOURS } from "./store.ts"

/** Codes that live as long as the process: for tests and simulations. */
export function memoryCodeStore(): CodeStore {
  const rows = new Map<string, CodeRow & { commitment: Uint8Array }>()
  return {
    async add(added) {
      const keys = added.map(row => hex(row.code))
      if (new Set(keys).size !== keys.length || keys.some(key => rows.has(key)))
        throw new Error("a code is known already")
      for (const [i, row] of added.entries()) rows.set(keys[i]!, { ...row, commitment: UNSPENT })
    },
    async redeem(attempts, hour) {
      return attempts.map(attempt => {
        const row = rows.get(hex(attempt.code))
        if (row === undefined || !answers(row, attempt, hour)) return undefined
        row.commitment = attempt.commitment
        const { mechanism, contagiousFromDay, expiresHour } = row
        return { mechanism, contagiousFromDay, expiresHour }
      })
    },
    async prune(hour) {
      for (const [key, row] of rows) if (row.expiresHour + REPEAT_HOURS <= hour) rows.delete(key)
    },
    async close() {
      rows.clear()
    },
  }
}
