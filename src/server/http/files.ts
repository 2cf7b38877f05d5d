import { createHash } from "node:crypto"
import type { Request, RequestHandler, Response } from "express"
import { CROSS_ORIGIN, LindungError, PATHS } from "../../protocol/index.ts"
import type { TreeStore } from "../store/store.ts"

/** Everything a phone may ask for (protocol §8), and nothing that leads out of the tree. */
export const TREE_PATH =
  /^\/(checkpoint|v1\/(parameters|ingest-keys|authority-keys|export-keys)|tile\/(entries|\d{1,2})\/(x\d{3}\/){0,4}\d{3}(\.p\/\d{1,3})?|batches\/[a-z-]{1,20}\/\d{1,10}(\.zip)?)$/

const MUTABLE: readonly string[] = [
  PATHS.checkpoint,
  PATHS.parameters,
  PATHS.ingestKeys,
  PATHS.authorityKeys,
  PATHS.exportKeys,
]
const CACHE_BYTES = 64 * 2 ** 20

interface Served {
  readonly bytes: Buffer
  readonly headers: Record<string, string | number>
}

function served(path: string, bytes: Uint8Array): Served {
  const tag = createHash("sha256").update(bytes).digest("base64url")
  const isText = path === PATHS.checkpoint || path === PATHS.exportKeys
  return {
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    headers: {
      "Content-Type": isText ? "text/plain; charset=utf-8" : "application/octet-stream",
      "Content-Length": bytes.length,
      "Cache-Control": MUTABLE.includes(path) ? "no-cache" : "public, max-age=1209600, immutable",
      ETag: `"${tag}"`,
      "X-Content-Type-Options": "nosniff",
      "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    },
  }
}

const isKnown = (header: string | undefined, etag: unknown): boolean =>
  header?.split(",").some(tag => tag.trim().replace(/^W\//, "") === etag || tag.trim() === "*") ?? false

/**
 * The static tree. Immutable files are held in memory, the newest used ones up to 64 MiB, and what many ask for at once
 * is read once.
 */
export class Files {
  readonly #tree: TreeStore
  readonly #held = new Map<string, Served>()
  readonly #loading = new Map<string, Promise<Served>>()
  #heldBytes = 0

  constructor(tree: TreeStore) {
    this.#tree = tree
  }

  /** Holds nothing any more: what retention deletes is not served from memory. */
  forget(): void {
    this.#held.clear()
    this.#loading.clear()
    this.#heldBytes = 0
  }

  readonly handler: RequestHandler = async (req: Request, res: Response): Promise<void> => {
    // Public and the same for everybody: a page of any origin may read them, and that one is missing.
    res.set(CROSS_ORIGIN)
    const file = this.#held.get(req.path) ?? (await this.#load(req.path))
    const { ["Content-Length"]: _, ["Content-Type"]: __, ...unchanged } = file.headers
    if (isKnown(req.headers["if-none-match"], file.headers["ETag"])) res.writeHead(304, unchanged).end()
    else res.writeHead(200, file.headers).end(req.method === "HEAD" ? undefined : file.bytes)
  }

  #load(path: string): Promise<Served> {
    if (MUTABLE.includes(path)) return this.#read(path)
    const underWay = this.#loading.get(path)
    if (underWay !== undefined) return underWay
    // Of what was begun before `forget`, nothing is held: it may be deleted by now.
    const isNewest = () => this.#loading.get(path) === reading
    const reading: Promise<Served> = this.#read(path)
      .then(file => {
        if (isNewest()) this.#hold(path, file)
        return file
      })
      .finally(() => {
        if (isNewest()) this.#loading.delete(path)
      })
    this.#loading.set(path, reading)
    return reading
  }

  async #read(path: string): Promise<Served> {
    const bytes = await this.#tree.read(path)
    if (bytes === undefined) throw new LindungError("not-found", "no such file")
    return served(path, bytes)
  }

  #hold(path: string, file: Served): void {
    if (file.bytes.length > CACHE_BYTES || this.#held.has(path)) return
    this.#held.set(path, file)
    this.#heldBytes += file.bytes.length
    for (const [oldest, { bytes }] of this.#held) {
      if (this.#heldBytes <= CACHE_BYTES) return
      this.#held.delete(oldest)
      this.#heldBytes -= bytes.length
    }
  }
}
