// Loaded before the quick tests: what they write lies in memory where there is room, since they would wait for thousands of
// flushes. None of them loses power, so that no result depends on it; test/slow writes to the disk.
import { accessSync, constants, statfsSync } from "node:fs"
import { tmpdir } from "node:os"

const MEMORY = "/dev/shm"
const ENOUGH_BYTES = 512 * 2 ** 20

/** Whether files can be made there, and enough of them: a container may have 64 MB. */
function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize >= ENOUGH_BYTES
  } catch {
    return false
  }
}

if (process.env["TMPDIR"] === undefined && tmpdir() === "/tmp" && isUsable(MEMORY)) process.env["TMPDIR"] = MEMORY
