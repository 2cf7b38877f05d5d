import { type ExportArchive, ExportError, readExport, verifyExport } from "../../protocol/export.ts"
import { LindungError } from "../../protocol/index.ts"
import type { ReadArchive } from "../ports.ts"

/** For `Ports.readArchive`: the archive's keys, when one of the trusted keys has signed it. */
export const readArchive: ReadArchive = (file, zip, trusted): ExportArchive => {
  try {
    const archive = readExport(file, zip)
    verifyExport(
      archive,
      trusted.map(publicKey => ({ publicKey })),
    )
    return archive
  } catch (error) {
    if (!(error instanceof ExportError)) throw error
    throw new LindungError(error.kind, error.message, { cause: error })
  }
}
