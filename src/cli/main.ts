#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { Command } from "commander"
import { fail } from "./output.ts"
import { riskCommand } from "./risk.ts"
import { vectorsCommand } from "./vectors.ts"

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))

const program = new Command("lindung")
  .description("Privacy-preserving, decentralised exposure notification: tools for operators and auditors.")
  .version(version)
  .showHelpAfterError("(add --help for what this command takes)")
  .addCommand(riskCommand())
  .addCommand(vectorsCommand())

await program.parseAsync().catch(fail)
