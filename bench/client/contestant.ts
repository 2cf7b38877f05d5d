// Other ways to keep what was heard, each in a process of its own: contestant.js rows|json|scan|packet FOLDER
import { randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import SQLite from "better-sqlite3"

const [way, folder] = process.argv.slice(2) as [string, string]
const [PEOPLE, SCANS] = [28, 200]

function costOf(work: () => void) {
  const cpu = process.cpuUsage()
  const began = performance.now()
  work()
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  const megabytes = process.memoryUsage.rss() / 1e6
  return { ms, cpuMs: (user + system) / 1000, megabytesBefore: megabytes, megabytesPeak: megabytes }
}

type Row = { key: Buffer; value: Buffer }
const rowsOf = (path: string): Row[] => {
  const database = new SQLite(path)
  const rows = database.prepare<[], Row>("SELECT key, value FROM entries ORDER BY key").all()
  database.close()
  return rows
}

/** Every row into a Map, as a store that knows no order would hold it. */
function rows() {
  const path = join(folder, "phone.sqlite")
  const cost = costOf(() => void new Map(rowsOf(path).map(({ key, value }) => [key.toString("hex"), value])))
  return { ...cost, size: statSync(path).size }
}

function json() {
  const path = join(folder, "phone.json")
  if (!existsSync(path)) {
    const all = rowsOf(join(folder, "phone.sqlite"))
    writeFileSync(path, JSON.stringify(all.map(({ key, value }) => [key.toString("base64"), value.toString("base64")])))
  }
  const cost = costOf(() => void new Map(JSON.parse(readFileSync(path, "utf8")) as [string, string][]))
  return { ...cost, size: statSync(path).size }
}

/** A row for each identifier of a scan, in one durable transaction for each scan or each packet. */
function record() {
  const made = mkdtempSync(join(folder, "lindung-contestant-"))
  const database = new SQLite(join(made, "rows.sqlite"))
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec("CREATE TABLE heard (id BLOB, day INTEGER, scans BLOB)")
  const put = database.prepare("INSERT INTO heard VALUES (?, ?, ?)")
  const ids = Array.from({ length: PEOPLE * SCANS }, () => randomBytes(16))
  const scan = database.transaction((from: number) => {
    for (let i = from; i < from + PEOPLE; i++) put.run(ids[i], 18_400, Buffer.alloc(8))
  })
  const cost = costOf(() => {
    for (let from = 0; from < ids.length; from += PEOPLE)
      if (way === "scan") scan.immediate(from)
      else for (let i = from; i < from + PEOPLE; i++) put.run(ids[i], 18_400, Buffer.alloc(8))
  })
  database.close()
  rmSync(made, { recursive: true })
  return { ...cost, packets: ids.length }
}

console.log(JSON.stringify(way === "rows" ? rows() : way === "json" ? json() : record()))
