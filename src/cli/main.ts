#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { Command } from "commander"
import { auditCommand } from "./audit/index.ts"
import { authorityCommand } from "./authority.ts"
import { exportCommand } from "./export.ts"
import { initCommand } from "./init.ts"
import { measurementCommand } from "./measurement/index.ts"
import { fail } from "./output.ts"
import { riskCommand } from "./risk.ts"
import { serveCommand } from "./serve.ts"
import { startCommand } from "./start.ts"
import { vectorsCommand } from "./vectors.ts"

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))

const program = new Command("lindung")
  .description("Privacy-preserving, decentralised exposure notification: tools for operators and auditors.")
  .version(version)
  .showHelpAfterError("(add --help for what this command takes)")
  .addCommand(startCommand())
  .addCommand(riskCommand())
  .addCommand(vectorsCommand())
  .addCommand(measurementCommand())
  .addCommand(initCommand())
  .addCommand(serveCommand())
  .addCommand(exportCommand())
  .addCommand(auditCommand())
  .addCommand(authorityCommand())

await program.parseAsync().catch(fail)
