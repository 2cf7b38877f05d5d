// A key server that is killed at its n-th write. argv: directory, mode ("upload" or "publish"), n (0: never).
// Every call that changes a file or the database counts: twice, as the process may die before it and after it, and
// for a write of bytes once more, in the middle of it. Prints "answered <index>" for each acknowledged upload, and at
// the end "done <number of writes>".

import { readFileSync } from "node:fs"
import fs from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"
import Database from "better-sqlite3"

const [directory, mode, text] = process.argv.slice(2) as [string, string, string]
const fatal = Number(text)
let writes = 0

function point(): void {
  writes++
  if (writes === fatal) process.kill(process.pid, "SIGKILL")
}

type Call = (this: unknown, ...args: unknown[]) => unknown

/** Lets the process die before and after a call. */
function around(target: object, name: string): void {
  const calls = target as Record<string, Call>
  const real = calls[name]!
  calls[name] = function (...args) {
    point()
    const result = real.apply(this, args)
    if (result instanceof Promise)
      return result.then(value => {
        point()
        return value
      })
    point()
    return result
  }
}

/** Lets the process die with half of the bytes written, too. */
function halfway(target: object): void {
  const calls = target as Record<string, Call>
  const write = calls["write"]!
  calls["write"] = async function (...args) {
    point()
    const [bytes, offset, length, position] = args as [Uint8Array, number, number, number]
    if (writes + 1 === fatal) await write.call(this, bytes, offset, Math.floor(length / 2), position)
    point()
    return write.apply(this, args)
  }
}

const probe = await fs.open(join(directory, "probe"), "w")
const handle = Object.getPrototypeOf(probe) as object
await probe.close()
for (const name of ["mkdir", "rename", "rm", "open"]) around(fs, name)
for (const name of ["writeFile", "sync", "utimes"]) around(handle, name)
halfway(handle)
syncBuiltinESMExports()
const { transaction } = Database.prototype
Database.prototype.transaction = function (this: Database.Database, work: () => unknown) {
  const real = transaction.call(this, work)
  return () => {
    point()
    const result = real()
    point()
    return result
  }
} as unknown as typeof transaction
for (const name of ["exec", "pragma"]) around(Database.prototype, name)

const { fileStores, running, serverConfig, FIRST_BUCKET } = await import("../world.ts")
const { time } = await import("../../../src/crypto/index.ts")
const now = time.bucketStart(mode === "upload" ? FIRST_BUCKET : FIRST_BUCKET + 1) + 1
const at = await running(serverConfig(["low-cost"]), await fileStores(directory), now)
if (mode === "publish") await at.server.publishDue()
else
  for (let index = 0; index < 2; index++) {
    const answer = await at.post(readFileSync(join(directory, `envelope-${index}`)))
    if (answer.status === 202) process.stdout.write(`answered ${index}\n`)
  }
await at.stop()
process.stdout.write(`done ${writes}\n`)
