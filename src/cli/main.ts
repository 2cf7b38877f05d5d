#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { Command } from "commander"
import { fail } from "./output.ts"

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))

/** In the order of the help. Only the one that is asked for is loaded: a database or Express takes half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./start.ts")).startCommand(),
  init: async () => (await import("./init.ts")).initCommand(),
  serve: async () => (await import("./serve.ts")).serveCommand(),
  config: async () => (await import("./config/index.ts")).configCommand(),
  backup: async () => (await import("./backup/index.ts")).backupCommand(),
  restore: async () => (await import("./backup/index.ts")).restoreCommand(),
  witness: async () => (await import("./witness.ts")).witnessCommand(),
  monitor: async () => (await import("./monitor.ts")).monitorCommand(),
  phone: async () => (await import("./phone.ts")).phoneCommand(),
  authority: async () => (await import("./authority.ts")).authorityCommand(),
  audit: async () => (await import("./audit/index.ts")).auditCommand(),
  attacks: async () => (await import("./attacks.ts")).attacksCommand(),
  risk: async () => (await import("./risk.ts")).riskCommand(),
  export: async () => (await import("./export.ts")).exportCommand(),
  vectors: async () => (await import("./vectors.ts")).vectorsCommand(),
  measurement: async () => (await import("./measurement/index.ts")).measurementCommand(),
}

const program = new Command("lindung")
  .description("Privacy-preserving, decentralised exposure notification: tools for operators and auditors.")
  .version(version)
  .showHelpAfterError("(add --help for what this command takes)")

const asked = process.argv[2] ?? ""
const loaded = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]!] : Object.values(COMMANDS)
for (const load of loaded) program.addCommand(await load())

await program.parseAsync().catch(fail)
