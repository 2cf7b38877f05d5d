import { createInterface } from "node:readline"
import { Command } from "commander"
import { ACCELERATE, ACCELERATE_HELP, hostClock } from "./clock.ts"
import { helpText, obey, problem } from "./phone/commands.ts"
import { openPhone, type Phone } from "./phone/phone.ts"
import type { Facts } from "./phone/show.ts"

interface Options {
  readonly name: string
  readonly deployment: string
  readonly dir: string
  readonly attenuation: string
  readonly channel: string
  readonly accelerate?: string
  readonly commands?: boolean
  readonly json?: boolean
}

const MAX_CHANNEL = 99

function whole(option: string, text: string, last: number): number {
  const value = Number(text)
  if (text === "" || !Number.isInteger(value) || value < 0 || value > last)
    throw new Error(`${option}: expected a whole number, 0 to ${last}, got ${text}`)
  return value
}

/** What the program prints: a line of JSON each, or words. */
class Screen {
  readonly #json: boolean
  failed = false

  constructor(json: boolean) {
    this.#json = json
  }

  show(text: string, facts: Facts): void {
    console.log(this.#json ? JSON.stringify(facts) : text)
  }

  complain(error: unknown, of: Facts): void {
    this.failed = true
    const what = problem(error)
    if (this.#json) console.log(JSON.stringify({ ...of, error: what }))
    else console.error(what["userCan"] === undefined ? what.message : `${what.message} (you can: ${what["userCan"]})`)
  }
}

/** Says by itself what a person must hear at once: a warning, and what keeps the phone from its work. */
async function announce({ client, name }: Phone, screen: Screen, signal: AbortSignal): Promise<void> {
  let before = ""
  for await (const { tracing, exposure } of client.watch(signal)) {
    const days = exposure.is === "exposed" ? exposure.days.map(({ day, score, unit }) => ({ day, score, unit })) : []
    const impeded = tracing.is === "limited" ? tracing.by.map(({ code, userCan }) => ({ code, userCan })) : []
    const news = JSON.stringify([days, impeded])
    if (news === before) continue
    before = news
    for (const { day, score, unit } of days)
      screen.show(`*** ${name} is warned: ${day}, ${score} ${unit}`, { event: "warned", day, score, unit })
    for (const { code, userCan } of impeded)
      screen.show(`*** ${name}: ${code} (you can: ${userCan})`, { event: "impeded", code, userCan })
  }
}

async function typed(phone: Phone, screen: Screen, isPrompting: boolean): Promise<void> {
  const lines = createInterface({ input: process.stdin, ...(isPrompting && { output: process.stderr }) })
  const prompt = () => {
    if (isPrompting) lines.prompt()
  }
  lines.setPrompt(`${phone.name}> `)
  const stop = () => lines.close()
  process.once("SIGTERM", stop)
  lines.once("SIGINT", stop)
  prompt()
  for await (const line of lines) {
    // The name alone is repeated: what follows may be a code.
    const [command = ""] = line.trim().split(/\s+/)
    if (command === "quit") break
    if (command !== "" && !command.startsWith("#"))
      try {
        const { text, facts } = await obey(phone, line)
        screen.show(text, { command, ...facts })
      } catch (error) {
        screen.complain(error, { command })
      }
    prompt()
  }
  process.off("SIGTERM", stop)
  lines.close()
}

const told = (): Promise<void> =>
  new Promise(resolve => {
    process.once("SIGTERM", resolve)
    process.once("SIGINT", resolve)
  })

async function run(options: Options): Promise<void> {
  const { name, deployment, dir, commands = false, json = false } = options
  const screen = new Screen(json)
  const phone = await openPhone({
    name,
    deployment,
    dir,
    clock: hostClock(options.accelerate),
    attenuation: whole("--attenuation", options.attenuation, 127),
    channel: whole("--channel", options.channel, MAX_CHANNEL),
    onError: error => screen.complain(error, { event: "failed" }),
  })
  const stop = new AbortController()
  const announcing = announce(phone, screen, stop.signal)
  const isPrompting = !commands && process.stdin.isTTY === true
  if (isPrompting) console.error(`${name} is on. It broadcasts and listens; \`help\` lists what can be typed.`)
  else screen.show(`${name} is on`, { event: "on", name })
  try {
    await (commands || isPrompting ? typed(phone, screen, isPrompting) : told())
  } finally {
    stop.abort()
    await announcing
    await phone.close()
  }
  if (commands && screen.failed) process.exitCode = 1
}

export function phoneCommand(): Command {
  return new Command("phone")
    .requiredOption("--name <name>", "whose phone; its data are in DIR/NAME.sqlite")
    .option("--deployment <dir>", "the deployment whose app-config.json it uses", "deployment")
    .option("--dir <dir>", "where phones keep their data", "phones")
    .option("--attenuation <dB>", "what lies between this phone and the others; 50 is near, 127 is out of range", "50")
    .option("--channel <n>", "phones of another channel are not heard", "0")
    .option(ACCELERATE, ACCELERATE_HELP)
    .option("--commands", "read commands from the standard input, without a prompt; exit code 1 if one failed")
    .option("--json", "answers and events as lines of JSON")
    .addHelpText(
      "after",
      `
Typed commands:
${helpText}

Beacons are real ones, in datagrams that do not leave the machine; only the distance is what you say it is. Two phones
that are near each other hear each other in every scan of four seconds, one every four minutes, and change their
identifiers every fifteen minutes: a meeting takes as long as a meeting. With --accelerate it takes less; the servers
and all phones then need the same text.

Example, in three terminals that all have the same FAST:
  export FAST=240@$(date -u +%Y-%m-%dT%H:%M:%SZ)
  lindung init deployment              (prints the key for codes)
  lindung serve deployment --accelerate $FAST
  lindung phone --name anna --accelerate $FAST
  lindung phone --name ben --accelerate $FAST
Anna's test is positive; her code comes from the authority:
  curl -s -X POST http://127.0.0.1:8421/v1/codes -H "authorization: Bearer $KEY" \\
       -H 'content-type: application/json' -d "{\\"contagiousFromDay\\": $(($(date +%s) / 86400 - 2))}"
  anna> report CODE
  ben> sync          (when the next two hours are over)

As a script:
  printf 'wait 20\\nheard\\nstatus\\n' | lindung phone --name ben --commands --json`,
    )
    .action(run)
}
