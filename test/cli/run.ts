import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect } from "chai"

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url))
const OF_A_CODE = /^\s+at .*:\d+:\d+\)?$/m

/** The command as somebody runs it who has never seen it. */
export class Run {
  readonly child: ChildProcess
  output = ""
  constructor(args: readonly string[], options: { cwd: string; env?: Record<string, string>; uid?: number }) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    })
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on("data", text => {
        this.output += text
      })
  }

  /** Resolves once it has printed this. */
  async says(what: RegExp): Promise<void> {
    for (let waited = 0; !what.test(this.output); waited += 20) {
      if (this.child.exitCode !== null || waited > 30_000) throw new Error(`ended without ${what}: ${this.output}`)
      await new Promise(done => setTimeout(done, 20))
    }
  }

  /** What a shell shows as its exit code. */
  async end(): Promise<number> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close")
    expect(this.output, "a stack trace").to.not.match(OF_A_CODE)
    return this.child.signalCode === "SIGINT" ? 130 : (this.child.exitCode ?? -1)
  }
}
