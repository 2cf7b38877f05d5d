import { Command } from "commander"
import { apiMarkdown, openApi } from "../authority/index.ts"

function apiCommand(): Command {
  return new Command("api")
    .description("Print the OpenAPI 3.1 document of the portal's HTTP API.")
    .option("--markdown", "as the text of docs/authority-api.md")
    .action(({ markdown = false }: { markdown?: boolean }) => {
      const document = openApi()
      process.stdout.write(markdown ? apiMarkdown(document) : `${JSON.stringify(document, undefined, 2)}\n`)
    })
}

export function authorityCommand(): Command {
  return new Command("authority").description("Look after a health authority.").addCommand(apiCommand())
}
