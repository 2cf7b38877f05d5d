import { type DesignName, PATHS, parseBatch } from "../protocol/index.ts"
import type { Made } from "./batcher.ts"
import type { TreeStore } from "./store/store.ts"

/** Where a batch lies before and after the point of no return. The archive comes first, so that what names it finds it. */
const placesOf = (design: DesignName, bucket: number) => ({
  archive: { staged: `/staged/${design}/${bucket}.zip`, served: PATHS.archive(design, bucket) },
  batch: { staged: `/staged/${design}/${bucket}`, served: PATHS.batch(design, bucket) },
})

/** Makes a batch durable where nobody is served it. */
export async function stageFiles(tree: TreeStore, design: DesignName, bucket: number, made: Made): Promise<void> {
  const { archive, batch } = placesOf(design, bucket)
  if (made.archive !== undefined) await tree.write(archive.staged, made.archive)
  await tree.write(batch.staged, made.file)
}

/** Moves what was staged to where it is served; nothing that was moved before. @returns the bytes of all its files */
export async function serveFiles(tree: TreeStore, design: DesignName, bucket: number): Promise<number> {
  const { archive, batch } = placesOf(design, bucket)
  await tree.move(archive.staged, archive.served)
  await tree.move(batch.staged, batch.served)
  const file = await tree.read(batch.served)
  if (file === undefined) return 0
  const parsed = parseBatch(file)
  return file.length + (parsed.holds === "archive" ? parsed.archive.length : 0)
}
