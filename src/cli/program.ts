import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { Command } from "commander"
import { examples, fail } from "./output.ts"

interface Package {
  readonly version: string
  readonly peerDependencies: Readonly<Record<string, string>>
}
const { version, peerDependencies }: Package = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
)

interface Entry {
  readonly what: string
  readonly load: () => Promise<Command>
}

/**
 * In the order of the help. Only the one that is asked for is loaded: a database or Express takes half a second, and an
 * app that installed lindung has neither.
 */
const COMMANDS: Readonly<Record<string, Entry>> = {
  start: {
    what: "Run key server, health authority and phones on this machine, and see who is warned.",
    load: async () => (await import("./start.ts")).startCommand(),
  },
  init: {
    what: "Write keys, configuration and app-config.json of a new deployment.",
    load: async () => (await import("./init.ts")).initCommand(),
  },
  serve: {
    what: "Run the key server and the health authority of a deployment that `lindung init` wrote.",
    load: async () => (await import("./serve.ts")).serveCommand(),
  },
  config: {
    what: "Check what the processes of a deployment are told, and explain each setting.",
    load: async () => (await import("./config/index.ts")).configCommand(),
  },
  backup: {
    what: "Copy what may be kept of a deployment: the log and its tree, accounts and the audit log.",
    load: async () => (await import("./backup/index.ts")).backupCommand(),
  },
  restore: {
    what: "Put a backup in place, and bring the records up to the published tree.",
    load: async () => (await import("./backup/index.ts")).restoreCommand(),
  },
  witness: {
    what: "Cosign the heads of logs: only such as continue the one before (C2SP tlog-witness).",
    load: async () => (await import("./witness.ts")).witnessCommand(),
  },
  monitor: {
    what: "Follow a log, keep a mirror of what it shows, and stop at the first thing that should not be.",
    load: async () => (await import("./monitor.ts")).monitorCommand(),
  },
  phone: {
    what: "A phone on this machine: it meets other phones over the loopback interface and talks to real servers.",
    load: async () => (await import("./phone.ts")).phoneCommand(),
  },
  authority: {
    what: "Look after a health authority: its users, its API keys, its API's document.",
    load: async () => (await import("./authority.ts")).authorityCommand(),
  },
  audit: {
    what: "Check from outside what a deployment says of itself.",
    load: async () => (await import("./audit/index.ts")).auditCommand(),
  },
  attacks: {
    what: "Carry out attacks on the protocol, and print what they gain beside what arithmetic promises.",
    load: async () => (await import("./attacks.ts")).attacksCommand(),
  },
  risk: {
    what: "Exposure rules: which days warn, by which of the rules that were really used, and why.",
    load: async () => (await import("./risk.ts")).riskCommand(),
  },
  export: {
    what: "GAEN exports: the zip archives in which countries published their diagnosis keys.",
    load: async () => (await import("./export.ts")).exportCommand(),
  },
  vectors: {
    what: "Check test vectors against this implementation.",
    load: async () => (await import("./vectors.ts")).vectorsCommand(),
  },
  measurement: {
    what: "Work with measured radio contacts, and the simulated ones that are like them.",
    load: async () => (await import("./measurement/index.ts")).measurementCommand(),
  },
}

const USAGE = 2

/** A mistake in the command line leaves with 2, as everywhere: 1 is an answer. */
function settle(command: Command): void {
  command
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .showHelpAfterError("(add --help for what this command takes)")
  for (const one of command.commands) settle(one)
}

/** The command with those that are named loaded, and of the others a line of help. */
export async function program(wanted: readonly string[] = Object.keys(COMMANDS)): Promise<Command> {
  const all = new Command("lindung")
    .description("Privacy-preserving, decentralised exposure notification: tools for operators and auditors.")
    .version(version)
    .addHelpText("after", examples("lindung start --once", "lindung audit --help"))
  for (const [name, { what, load }] of Object.entries(COMMANDS))
    all.addCommand((wanted.includes(name) ? await load() : new Command(name)).description(what))
  settle(all)
  return all
}

const isInstalled = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`)
    return true
  } catch (error) {
    // A package may keep its package.json to itself.
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED"
  }
}

/** Says which packages a server needs that an app does not, where they are not there. */
function explained(error: unknown): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== "ERR_MODULE_NOT_FOUND") return error
  const missing = Object.entries(peerDependencies).filter(([name]) => !isInstalled(name))
  if (missing.length === 0) return error
  const names = missing.map(([name, range]) => `${name}@${range}`).join(" ")
  return new Error(
    `this command runs a server's parts, for which an app has no use. Install them:\n  npm install ${names}`,
  )
}

export async function run(argv: readonly string[]): Promise<void> {
  const asked = (argv[2] === "help" ? argv[3] : argv[2]) ?? ""
  try {
    const all = await program(Object.hasOwn(COMMANDS, asked) ? [asked] : [])
    await all.parseAsync(argv)
  } catch (error) {
    fail(explained(error))
  }
}
