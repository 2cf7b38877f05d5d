import { equal, hex, sha256 } from "../crypto/index.ts"
import { type DesignName, LindungError, PATHS, parseBatch } from "../protocol/index.ts"
import type { Made } from "./batcher.ts"
import type { TreeStore } from "./store/store.ts"

/**
 * Where a batch lies before and after the point of no return. The archive comes first, so that what names it finds it.
 * What is staged is named after the batch's hash: a publisher that lost the race for a bucket has not written over the
 * winner's file.
 */
function placesOf(design: DesignName, bucket: number, hash: Uint8Array) {
  const staged = `/staged/${design}/${bucket}-${hex(hash).slice(0, 32)}`
  return {
    archive: { staged: `${staged}.zip`, served: PATHS.archive(design, bucket) },
    batch: { staged, served: PATHS.batch(design, bucket) },
  }
}

/** Makes a batch durable where nobody is served it. @param hash of the batch file @returns the paths written */
export async function stageFiles(
  tree: TreeStore,
  design: DesignName,
  bucket: number,
  hash: Uint8Array,
  made: Made,
): Promise<string[]> {
  const { archive, batch } = placesOf(design, bucket, hash)
  if (made.archive !== undefined) await tree.write(archive.staged, made.archive)
  await tree.write(batch.staged, made.file)
  return made.archive === undefined ? [batch.staged] : [archive.staged, batch.staged]
}

/**
 * Moves what was staged to where it is served; nothing that was moved before.
 * @returns the bytes of all its files
 * @throws LindungError storage-corrupt when the file is not the one that was staged
 */
export async function serveFiles(
  tree: TreeStore,
  design: DesignName,
  bucket: number,
  hash: Uint8Array,
): Promise<number> {
  const { archive, batch } = placesOf(design, bucket, hash)
  await tree.move(archive.staged, archive.served)
  await tree.move(batch.staged, batch.served)
  const file = await tree.read(batch.served)
  if (file === undefined || !equal(sha256(file), hash))
    throw new LindungError("storage-corrupt", `${batch.served}: not the file that was staged`)
  const parsed = parseBatch(file)
  return file.length + (parsed.holds === "archive" ? parsed.archive.length : 0)
}
