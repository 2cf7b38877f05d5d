import { mkdir, readdir, readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Command, Option } from "commander"
import { concat, equal } from "../../crypto/index.ts"
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
import { backupPlaces, copyFiles, copyWhole, isThere } from "./files.ts"

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
    await copyWhole([{ from: from.records, to: server.records }])
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
  const files = names.map(name => ({ from: join(backupPlaces(backup).authority, name), to: join(authority, name) }))
  const missing: typeof files = []
  for (const file of files)
    if (!(await isThere(file.to))) missing.push(file)
    else if (!equal(await readFile(file.from), await readFile(file.to)))
      throw new Error(`${file.to} is there: move it away first`)
  // A restore that was killed between two files goes on; over one that is whole already nothing is done.
  if (missing.length === 0) throw new Error(`${files[0]?.to ?? authority} is there: move it away first`)
  await mkdir(authority, { recursive: true, mode: 0o700 })
  await copyWhole(missing)
  return names
}

/**
 * Puts back what a backup has, or the half that is named.
 * @param tell hears what was done, a line at a time
 * @throws Error where that is nothing, or a named half is not in the backup
 */
export async function restore(
  directory: string,
  backup: string | undefined,
  { half, environment, tell }: { half: string | undefined; environment: Environment; tell: (line: string) => void },
): Promise<void> {
  const from = backup === undefined ? undefined : backupPlaces(backup)
  if (from === undefined && half === "authority") throw new Error("--half authority needs a backup")
  const hasServer = from === undefined || (await isThere(from.records))
  const hasAuthority = from !== undefined && (await isThere(from.authority))
  const isFound = half === undefined ? hasServer || hasAuthority : half === "authority" ? hasAuthority : hasServer
  if (!isFound)
    throw new Error(`${backup}: there is no backup of ${half === undefined ? "a deployment" : `the ${half}`} in it`)
  if (half !== "authority" && hasServer) {
    const { size, added, lostKeys } = await restoreServer(directory, backup, environment)
    tell(`key server: ${size} leaves, ${added} of them from the published tree`)
    if (lostKeys.length > 0)
      tell(
        `reports for buckets ${lostKeys[0]} to ${lostKeys.at(-1)} cannot be opened: their keys were on the disk that is gone`,
      )
  }
  if (half !== "key-server" && hasAuthority)
    for (const name of await restoreAuthority(directory, backup!, environment)) tell(`authority: ${name}`)
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
      await restore(directory, backup, { half, environment: process.env, tell: line => console.log(line) })
    })
}
