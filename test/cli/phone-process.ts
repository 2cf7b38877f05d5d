import { type ChildProcess, spawn } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { createInterface, type Interface } from "node:readline"
import { initDeployment } from "../../src/cli/init.ts"
import { seeded } from "../dice.ts"

const MAIN = new URL("../../src/cli/main.js", import.meta.url).pathname

// biome-ignore lint/suspicious/noExplicitAny: what a program prints is looked at field by field
type Line = any

/** `lindung phone --commands --json` in a process of its own. */
export class PhoneProcess {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #waiting: ((line: Line) => void)[] = []
  /** What it said by itself. */
  readonly events: Line[] = []
  readonly on: Promise<Line>
  errors = ""

  constructor(directory: string, ...args: string[]) {
    const whole = [MAIN, "phone", "--commands", "--json", ...args]
    this.#child = spawn(process.execPath, whole, { cwd: directory, stdio: ["pipe", "pipe", "pipe"] })
    this.#child.stderr!.on("data", chunk => {
      this.errors += chunk
    })
    this.#lines = createInterface(this.#child.stdout!)
    this.on = new Promise((resolve, reject) => {
      this.#lines.on("line", text => {
        const line = JSON.parse(text)
        if (line.event === "on") resolve(line)
        else if (line.event === undefined) this.#waiting.shift()?.(line)
        else this.events.push(line)
      })
      this.#child.once("close", code => reject(new Error(`the phone ended with ${code}: ${this.errors}`)))
    })
  }

  /** Types a command. @returns its answer */
  ask(command: string): Promise<Line> {
    const answer = new Promise<Line>(resolve => this.#waiting.push(resolve))
    this.#child.stdin!.write(`${command}\n`)
    return answer
  }

  /** Types a command again and again until its answer is right. */
  async until(command: string, isRight: (answer: Line) => boolean, pauseMs = 150): Promise<Line> {
    for (;;) {
      const answer = await this.ask(command)
      if (isRight(answer)) return answer
      await new Promise(resolve => setTimeout(resolve, pauseMs))
    }
  }

  /** Ends its input. @returns the exit code */
  end(): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.#child.once("close", resolve))
    this.#child.stdin!.end()
    return ended
  }

  kill(): void {
    this.#child.kill("SIGKILL")
  }
}

/** A clock that is now what it is, and runs faster. */
export const accelerate = (speed: number): string => `${speed}@${new Date(Date.now() - 1000).toISOString()}`

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Phones of a test that runs beside others have the air for themselves. */
export const channel = (): string => String(1 + (process.pid % 98))

/** A deployment whose servers nobody runs: phones meet without them. */
export async function deploymentFor(directory: string): Promise<void> {
  const nowhere = { url: "http://127.0.0.1:9", authorityUrl: "http://127.0.0.1:9" }
  const listen = { listen: "127.0.0.1:0", publisherListen: "127.0.0.1:0", authorityListen: "127.0.0.1:0" }
  const settings = {
    design: "hybrid" as const,
    mechanism: "simple" as const,
    preset: "dp3t-exposure-score",
    uploadsPerMinute: 0,
    proxies: 0,
  }
  const ports = { random: seeded(1), now: Date.now() / 1000 }
  await initDeployment(join(directory, "deployment"), { ...nowhere, ...listen, ...settings }, ports)
}
