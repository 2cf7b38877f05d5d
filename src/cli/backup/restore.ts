import { copyFile, mkdir, readdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Command, Option } from "commander"
import { concat } from "../../crypto/index.ts"
import { PATHS, verifyCheckpoint } from "../../protocol/index.ts"
import {
  fileTree,
  nativeEd25519,
  publishedTree,
  type Restored,
  restoreRecords,
  sqliteRecords,
} from "../../server/index.ts"
import { examples } from "../output.ts"
import { dataOf, logKeyOf } from "../services.ts"
import { backupPlaces, copyFiles, isThere } from "./files.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** The size of the newest head in a directory with `public/`; 0 without one. */
async function sizeIn(root: string, key: ReturnType<typeof logKeyOf>): Promise<number> {
  const note = await publishedTree(root).read(PATHS.checkpoint)
  return note === undefined ? 0 : verifyCheckpoint(concat(note), key, nativeEd25519).size
}

/**
 * Makes the records of a key server whole: from a backup, and from whatever the published tree has that is newer.
 * Records that are there are only ever added to.
 * @param backup a directory that `backUp` wrote; without it, the tree and the records that are there have to do
 */
export async function restoreServer(
  directory: string,
  backup: string | undefined,
  environment: Environment,
): Promise<Restored> {
  const { server } = dataOf(directory, environment)
  if (server === undefined) throw new Error(`${directory}/secrets/publisher.env is missing: secrets are in no backup`)
  const key = logKeyOf(directory, environment)
  const from = backup === undefined ? undefined : backupPlaces(backup)
  if (from !== undefined) {
    if (await isThere(server.records))
      throw new Error(
        `${server.records} is there: move it away, or restore without a backup to bring it up to the tree`,
      )
    // The copy's tree, unless that in place is newer.
    if ((await sizeIn(from.root, key)) > (await sizeIn(server.root, key)))
      await copyFiles(join(from.root, "public"), join(server.root, "public"))
    await mkdir(dirname(server.records), { recursive: true, mode: 0o700 })
    await copyFile(from.records, server.records)
  }
  await mkdir(dirname(server.records), { recursive: true, mode: 0o700 })
  const records = await sqliteRecords(server.records)
  try {
    return await restoreRecords({
      records,
      tree: await fileTree(server.root, dirname(server.records)),
      key,
      ed25519: nativeEd25519,
    })
  } finally {
    await records.close()
  }
}

/** Puts an authority's accounts and audit log back. @returns what was put back */
export async function restoreAuthority(directory: string, backup: string, environment: Environment): Promise<string[]> {
  const { authority } = dataOf(directory, environment)
  if (authority === undefined)
    throw new Error(`${directory}/secrets/authority.env is missing: secrets are in no backup`)
  const names = (await readdir(backupPlaces(backup).authority)).filter(name => name.endsWith(".sqlite"))
  for (const name of names)
    if (await isThere(join(authority, name))) throw new Error(`${join(authority, name)} is there: move it away first`)
  await mkdir(authority, { recursive: true, mode: 0o700 })
  for (const name of names) await copyFile(join(backupPlaces(backup).authority, name), join(authority, name))
  return names
}

export function restoreCommand(): Command {
  return new Command("restore")
    .argument("<directory>", "the deployment, with its secrets in place and nothing running")
    .argument("[backup]", "what `lindung backup` wrote; without it, records are made from the published tree alone")
    .addOption(new Option("--half <name>", "key-server or authority").choices(["key-server", "authority"]))
    .addHelpText(
      "after",
      `
Make sure that no other publisher of this log runs or will ever run again: two would sign two histories.
A tree that is newer than the backup's (a mirror's, a cache's) belongs into data/server/public before.
${examples("lindung restore deployment backup-2026-11-23", "lindung restore deployment --half key-server")}`,
    )
    .action(async (directory: string, backup: string | undefined, { half }: { half?: string }) => {
      const from = backup === undefined ? undefined : backupPlaces(backup)
      if (half !== "authority" && (from === undefined || (await isThere(from.records)))) {
        const { size, added, lostKeys } = await restoreServer(directory, backup, process.env)
        console.log(`key server: ${size} leaves, ${added} of them from the published tree`)
        if (lostKeys.length > 0)
          console.log(
            `reports for buckets ${lostKeys[0]} to ${lostKeys.at(-1)} cannot be opened: their keys were on the disk that is gone`,
          )
      }
      if (half !== "key-server" && from !== undefined && (await isThere(from.authority)))
        for (const name of await restoreAuthority(directory, backup!, process.env)) console.log(`authority: ${name}`)
    })
}
