import { Command } from "commander"

export function vectorsCommand(): Command {
  return new Command("vectors").description("Check test vectors against this implementation.")
}
