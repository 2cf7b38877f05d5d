import type { IncomingMessage, ServerResponse } from "node:http"
import { type Random, type signature, time } from "../crypto/index.ts"
import { PATHS } from "../protocol/index.ts"
import { checkIngestConfig, type IngestConfig } from "./config.ts"
import type { ServerEvent } from "./events.ts"
import { keyServerApp } from "./http/app.ts"
import { Files } from "./http/files.ts"
import { Metrics } from "./http/metrics.ts"
import { openIngest } from "./ingest.ts"
import { type After, after as byTimer, oneAtATime } from "./scheduler.ts"
import type { EnvelopeStore, TreeStore } from "./store/store.ts"

/*
 * Ingest and publisher as two programs of two users. They share the envelopes, which ingest writes and the publisher
 * reads and deletes, and the static tree, which the publisher writes and ingest reads; no message passes between them.
 * Ingest has no key that opens an envelope, nor a way to one; the publisher has no connection to a phone.
 */

export interface IngestServerPorts {
  readonly clock: () => number
  readonly random: Random
  readonly envelopes: EnvelopeStore
  /** Read only. */
  readonly tree: TreeStore
  readonly ed25519: signature.Ed25519
  readonly log?: (event: ServerEvent) => void
  readonly after?: After
}

export interface IngestServer {
  /** A listener for node:http. */
  handler(req: IncomingMessage, res: ServerResponse): void
  /** Refuses and seals every bucket that is over, so that the publisher may open it. @returns how many */
  sealDue(): Promise<number>
  /** Answers what was accepted, ends what it seals and closes the store. What is asked of it later is refused. */
  close(): Promise<void>
}

const BUCKET_LINE = /^bucket (\d{1,10})$/m

/**
 * Takes envelopes and serves the static tree.
 * @throws LindungError config
 */
export async function openIngestServer(config: IngestConfig, ports: IngestServerPorts): Promise<IngestServer> {
  checkIngestConfig(config)
  const { clock, random, envelopes, tree, ed25519, log = () => {}, after = byTimer } = ports
  const files = new Files(tree)
  /** As the checkpoint says; undefined before there is one. */
  let published: number | undefined
  let sealed = -1

  async function lookUp(): Promise<number | undefined> {
    const note = await tree.read(PATHS.checkpoint)
    const bucket = note && BUCKET_LINE.exec(Buffer.from(note).toString("latin1"))?.[1]
    const newest = bucket === undefined ? undefined : Number(bucket)
    // What retention has deleted is not served from memory.
    if (newest !== published) files.forget()
    published = newest
    return newest
  }

  const metrics = new Metrics((await lookUp()) ?? 0)
  const ingest = openIngest(config.receiptSeed, {
    clock,
    random,
    after,
    published: published ?? 0,
    envelopes,
    tree,
    ed25519,
    onStore(event) {
      metrics.storeFailing(event.event === "store-failing")
      log(event)
    },
  })
  // A store that cannot make room is reported by the first upload; phones can still download.
  const prepare = (): Promise<void> => ingest.prepare().catch(() => undefined)
  await prepare()

  async function sealOver(): Promise<number> {
    const newest = await lookUp()
    await prepare()
    if (newest === undefined) return 0
    metrics.reached(newest)
    let count = 0
    for (let bucket = Math.max(newest, sealed) + 1; bucket < time.bucket(clock()); bucket++) {
      await ingest.seal(bucket)
      sealed = bucket
      count++
    }
    return count
  }

  const sealing = oneAtATime()
  const { uploadsPerMinute, proxies } = config
  return {
    handler: keyServerApp({
      phones: { ingest, files, random, uploadsPerMinute, proxies },
      metrics,
      health() {
        const due = published === undefined ? 0 : Math.max(0, time.bucket(clock()) - 1 - published)
        return { isWell: !ingest.isFailing && published !== undefined && due <= 1, published: published ?? 0, due }
      },
      report: cause => log({ event: "failed", cause }),
    }),
    sealDue: () => sealing.run(sealOver),
    async close() {
      await ingest.idle()
      await sealing.end()
      await envelopes.close()
    },
  }
}
