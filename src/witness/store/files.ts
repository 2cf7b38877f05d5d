import { mkdir, open, readFile, rename } from "node:fs/promises"
import { dirname, join } from "node:path"
import { ascii, hex, sha256 } from "../../crypto/index.ts"
import type { HeadStore } from "../heads.ts"

const PRIVATE = { directory: 0o700, file: 0o600 }

async function sync(path: string): Promise<void> {
  const directory = await open(path, "r")
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** A new file, flushed, then put in the old one's place: after a power cut there is the old one or the new one. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.new`
  const file = await open(fresh, "w", PRIVATE.file)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
  await sync(dirname(path))
}

/**
 * `<directory>/heads/<hash of the origin>` and `<directory>/proofs/<hash>.lndm`. Names are hashes because an origin may
 * contain slashes, or lead elsewhere.
 * @param directory created when missing
 */
export async function fileHeads(directory: string): Promise<HeadStore> {
  for (const name of ["heads", "proofs"])
    await mkdir(join(directory, name), { recursive: true, mode: PRIVATE.directory })
  await sync(directory)
  const at = (origin: string): string => join(directory, "heads", hex(sha256(ascii(origin))))
  return {
    async read(origin) {
      try {
        return new Uint8Array(await readFile(at(origin)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
        throw error
      }
    },
    write: (origin, note) => writeDurably(at(origin), note),
    keep: proof => writeDurably(join(directory, "proofs", `${hex(sha256(proof)).slice(0, 32)}.lndm`), proof),
  }
}
