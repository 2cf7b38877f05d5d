import { Command } from "commander"
import { diskCommand } from "./disk.ts"
import { logCommand } from "./log.ts"
import { proofCommand } from "./proof.ts"

export function auditCommand(): Command {
  return new Command("audit")
    .description("Check from outside what a deployment says of itself.")
    .addCommand(logCommand(), { isDefault: true })
    .addCommand(proofCommand())
    .addCommand(diskCommand())
}
