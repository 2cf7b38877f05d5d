import { chmod, readdir, readFile, rename, rm } from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import { FILE_MODE, isMissing, makeDirectory, type Readers, syncDirectory, writeDurably } from "./durable.ts"
import type { TreeStore } from "./store.ts"

const STAGED = "/staged/"

/**
 * The static tree as files. `<directory>/public` is laid out as the paths are, so that any file server can serve it;
 * what is staged lies in `<staging>/staged`, on the same file system.
 * @param directory created when missing
 * @param staging for the publisher's user alone
 */
export async function fileTree(directory: string, staging: string = directory): Promise<TreeStore> {
  await makeDirectory(join(directory, "public"), "everybody")
  await makeDirectory(join(staging, STAGED))
  return treeIn(directory, staging)
}

/** The same, without making anything: for who only reads it. */
export const publishedTree = (directory: string): TreeStore => treeIn(directory, directory)

function treeIn(directory: string, staging: string): TreeStore {
  const root = join(directory, "public")
  const at = (path: string) => join(path.startsWith(STAGED) ? staging : root, path)
  const readers = (path: string): Readers => (path.startsWith(STAGED) ? "owner" : "everybody")
  return {
    async read(path) {
      try {
        return await readFile(at(path))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async write(path, bytes) {
      await makeDirectory(dirname(at(path)), readers(path))
      await writeDurably(at(path), bytes, readers(path))
    },
    async move(from, to) {
      await makeDirectory(dirname(at(to)), readers(to))
      try {
        // What was staged for the owner alone is read by other users where it is published.
        await chmod(at(from), FILE_MODE[readers(to)])
        await rename(at(from), at(to))
      } catch (error) {
        if (isMissing(error)) return
        throw error
      }
      await syncDirectory(dirname(at(to)))
      await syncDirectory(dirname(at(from)))
    },
    async remove(path) {
      await rm(at(path), { force: true })
    },
    async list(prefix) {
      const base = prefix.startsWith(STAGED) ? staging : root
      const found: string[] = []
      try {
        const start = join(base, prefix.slice(0, prefix.lastIndexOf("/") + 1))
        for (const entry of await readdir(start, { recursive: true, withFileTypes: true }))
          if (entry.isFile()) found.push(`/${relative(base, join(entry.parentPath, entry.name)).split(sep).join("/")}`)
      } catch (error) {
        if (!isMissing(error)) throw error
      }
      return found.filter(path => path.startsWith(prefix))
    },
  }
}
