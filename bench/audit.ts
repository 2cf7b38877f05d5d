import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { generate } from "./audit/generate.ts"
import type { Bench } from "./run.ts"

const BATCHES = 5000
const KEYS = 2000

export const bench: Bench = {
  title: `audit of a log of ${BATCHES} batches of ${KEYS} hybrid seeds, all kept, in a process of its own`,
  async run() {
    const directory = mkdtempSync(join(tmpdir(), "lindung-audit-"))
    try {
      const began = performance.now()
      const { logKey, at } = generate(directory, BATCHES, KEYS)
      const generated = (performance.now() - began) / 1000
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL("audit/child.js", import.meta.url)), directory, logKey, String(at)],
        { stdio: ["ignore", "pipe", "inherit"] },
      )
      let answer = ""
      child.stdout.on("data", part => {
        answer += part
      })
      const [code] = await once(child, "close")
      if (code !== 0) throw new Error(`the audit ended with ${code}`)
      const { wall, cpu, maxRss, entries, findings } = JSON.parse(answer)
      return [
        {
          secrets: entries,
          "wall s": wall,
          "CPU s": cpu,
          "peak MB": Math.round(maxRss / 1024),
          findings,
          "generated in s": generated,
        },
      ]
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
