import { fromHex, hex } from "../../crypto/index.ts"
import { type AuditEntry, type AuditFacts, chainHash, EMPTY_CHAIN } from "../audit.ts"
import { answers, outcomeOf, UNSPENT } from "./rule.ts"
import { type Batch, type CodeRow, type CodeStore, type DayCount, KnownCode, REPEAT_HOURS } from "./store.ts"

const MINUTES_PER_DAY = 1440

/** Codes that live as long as the process: for tests and simulations. */
export function memoryCodeStore(): CodeStore {
  const rows = new Map<string, CodeRow & { commitment: Uint8Array }>()
  const batches = new Map<string, Batch>()
  const log: AuditEntry[] = []

  const head = () => log.at(-1) ?? EMPTY_CHAIN
  const append = (facts: AuditFacts): void => {
    const last = head()
    const number = last.number + 1
    log.push({ ...facts, number, hash: hex(chainHash(fromHex(last.hash), number, facts)) })
  }
  const addAll = (added: readonly CodeRow[]): void => {
    const keys = added.map(row => hex(row.code))
    if (new Set(keys).size !== keys.length || keys.some(key => rows.has(key)))
      throw new KnownCode("a code is known already")
    for (const [i, row] of added.entries()) rows.set(keys[i]!, { ...row, commitment: UNSPENT })
  }
  return {
    async add(added, by) {
      addAll(added)
      append(by)
    },
    async activate(code, grant, hour, by) {
      const row = rows.get(hex(code))
      const isDead = row !== undefined && row.contagiousFromDay === undefined && hour < row.expiresHour
      if (isDead) rows.set(hex(code), { ...row, ...grant })
      append(outcomeOf(by, isDead))
      return isDead
    },
    async revoke(code, by) {
      const isDone = rows.delete(hex(code))
      append(outcomeOf(by, isDone))
      return isDone
    },
    async batch(id) {
      return batches.get(hex(id))
    },
    async beginBatch(batch, by) {
      const known = batches.get(hex(batch.id))
      if (known !== undefined) return known
      batches.set(hex(batch.id), batch)
      append(by)
      return batch
    },
    async addToBatch(id, done, added, lines) {
      const batch = batches.get(hex(id))
      if (batch === undefined) throw new Error("there is no such batch")
      if (batch.done !== done) return
      addAll(added)
      batches.set(hex(id), { ...batch, done: done + lines })
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
    async record(by) {
      append(by)
    },
    async entries(after, limit) {
      return log.slice(after, after + limit)
    },
    async head() {
      const { number, hash } = head()
      return { number, hash }
    },
    async countByDay(firstDay, lastDay) {
      const counts = new Map<string, DayCount>()
      for (const { minute, action, count } of log) {
        const day = Math.floor(minute / MINUTES_PER_DAY)
        if (day < firstDay || day > lastDay) continue
        const key = `${day} ${action}`
        counts.set(key, { day, action, count: count + (counts.get(key)?.count ?? 0) })
      }
      return [...counts.values()].sort((a, b) => a.day - b.day || (a.action < b.action ? -1 : 1))
    },
    async prune(hour) {
      for (const [key, row] of rows) if (row.expiresHour + REPEAT_HOURS <= hour) rows.delete(key)
      for (const [key, batch] of batches) if (batch.expiresHour <= hour) batches.delete(key)
    },
    async close() {
      rows.clear()
    },
  }
}
