import { mkdir, readdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Command } from "commander"
import { examples } from "../output.ts"
import { dataOf } from "../services.ts"
import type { Environment } from "../settings.ts"
import { fillWhole } from "../whole.ts"
import { backupPlaces, copyFiles, isThere } from "./files.ts"
import { copyTables } from "./tables.ts"

const ONLY_OWNER = 0o700

/**
 * Backs up the halves of a deployment that are on this machine, in the places where `init` has them, so that
 * `lindung audit disk` reads a backup too:
 *
 *   data/server/publisher/records.sqlite     the log, the files in force, spent tags; no key of a bucket
 *   data/server/public/                      the published tree
 *   data/authority/*.sqlite                  accounts and the audit log; no code, no commitment, no session
 *
 * Nothing of `secrets/`, and no envelope.
 * @param out new or empty
 * @returns what was written
 */
export const backUp = (directory: string, out: string, environment: Environment): Promise<string[]> =>
  fillWhole(out, ONLY_OWNER, () => writeBackup(directory, out, environment))

async function writeBackup(directory: string, out: string, environment: Environment): Promise<string[]> {
  const { server, authority } = dataOf(directory, environment)
  const written: string[] = []
  if (server !== undefined && (await isThere(server.records))) {
    const to = backupPlaces(out)
    await mkdir(dirname(to.records), { recursive: true, mode: ONLY_OWNER })
    copyTables(server.records, to.records)
    const files = await copyFiles(join(server.root, "public"), join(to.root, "public"))
    written.push(to.records, `${join(to.root, "public")} (${files} files)`)
  }
  const databases = authority === undefined ? [] : await readdir(authority).catch(() => [])
  for (const name of databases.filter(each => each.endsWith(".sqlite"))) {
    const to = backupPlaces(out).authority
    await mkdir(to, { recursive: true, mode: ONLY_OWNER })
    copyTables(join(authority!, name), join(to, name))
    written.push(join(to, name))
  }
  if (written.length === 0) throw new Error(`${directory} has no data to back up`)
  return written
}

export function backupCommand(): Command {
  return new Command("backup")
    .argument("<directory>", "the deployment")
    .argument("<out>", "new or empty")
    .addHelpText(
      "after",
      `\nThe publisher must be stopped, which may take a minute: uploads go on without it.\n${examples("lindung backup deployment backup-2026-11-23")}`,
    )
    .action(async (directory: string, out: string) => {
      for (const what of await backUp(directory, out, process.env)) console.log(what)
    })
}
