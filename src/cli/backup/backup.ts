import { mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { Command } from "commander"
import { dataOf } from "../services.ts"
import { copyFiles, isThere } from "./files.ts"
import { copyTables } from "./tables.ts"

const ONLY_OWNER = 0o700

/**
 * Backs up the halves of a deployment that are on this machine.
 *
 *   server/records.sqlite     the log, the files in force, spent tags; no key of a bucket
 *   server/public/            the published tree
 *   authority/*.sqlite        accounts and the audit log; no code, no commitment, no session
 *
 * Nothing of `secrets/`, and no envelope.
 * @param out new or empty
 * @returns what was written
 */
export async function backUp(
  directory: string,
  out: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  await mkdir(out, { recursive: true, mode: ONLY_OWNER })
  if ((await readdir(out)).length > 0) throw new Error(`${out} is not empty; nothing was changed`)
  const { server, authority } = dataOf(directory, environment)
  const written: string[] = []
  if (server !== undefined && (await isThere(server.records))) {
    await mkdir(join(out, "server"), { mode: ONLY_OWNER })
    copyTables(server.records, join(out, "server", "records.sqlite"))
    const files = await copyFiles(join(server.root, "public"), join(out, "server", "public"))
    written.push("server/records.sqlite", `server/public (${files} files)`)
  }
  const databases = authority === undefined ? [] : await readdir(authority).catch(() => [])
  for (const name of databases.filter(each => each.endsWith(".sqlite"))) {
    await mkdir(join(out, "authority"), { recursive: true, mode: ONLY_OWNER })
    copyTables(join(authority!, name), join(out, "authority", name))
    written.push(`authority/${name}`)
  }
  if (written.length === 0) throw new Error(`${directory} has no data to back up`)
  return written
}

export function backupCommand(): Command {
  return new Command("backup")
    .description("Copy what may be kept of a deployment: the log and its tree, accounts and the audit log.")
    .argument("<directory>", "the deployment")
    .argument("<out>", "new or empty")
    .addHelpText("after", "\nThe publisher must be stopped, which may take a minute: uploads go on without it.")
    .action(async (directory: string, out: string) => {
      for (const what of await backUp(directory, out, process.env)) console.log(`${out}/${what}`)
    })
}
