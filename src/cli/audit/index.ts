import { Command } from "commander"
import { examples } from "../output.ts"
import { diskCommand } from "./disk.ts"
import { logCommand } from "./log.ts"
import { proofCommand } from "./proof.ts"

export function auditCommand(): Command {
  return new Command("audit")
    .addHelpText(
      "after",
      examples("lindung audit https://keys.example --config app-config.json", "lindung audit disk deployment"),
    )
    .addCommand(logCommand(), { isDefault: true })
    .addCommand(proofCommand())
    .addCommand(diskCommand())
}
