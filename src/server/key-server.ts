import { time } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"
import { checkServerConfig, type ServerConfig } from "./config.ts"
import { keyServerApp } from "./http/app.ts"
import { Files } from "./http/files.ts"
import { Metrics } from "./http/metrics.ts"
import { openIngest } from "./ingest.ts"
import type { Published } from "./publisher.ts"
import { type PublisherServer, type PublisherServerPorts, publishAll, publisherOf } from "./publisher-server.ts"
import { type After, after as byTimer, oneAtATime } from "./scheduler.ts"

export interface ServerPorts extends PublisherServerPorts {
  /** Runs something once after a delay; a timer unless a simulation has its own time. */
  readonly after?: After
}

export interface KeyServer extends PublisherServer {
  /**
   * Closes a bucket, be it over or not: refuses it and all before it, waits for writes in flight, seals and publishes
   * every bucket up to it. Nothing when it is published already.
   * @throws LindungError state for a bucket of the future
   */
  closeBucket(bucket: number): Promise<void>
}

/**
 * Opens the key server over its stores: ingest and publisher, which share nothing but them, and the static tree.
 * @throws LindungError config naming every problem of the configuration; log-inconsistent when the records are older
 *   than the published log
 */
export async function openKeyServer(config: ServerConfig, ports: ServerPorts): Promise<KeyServer> {
  checkServerConfig(config)
  const { clock, random, stores, curves, log = () => {}, after = byTimer } = ports
  const { envelopes, records, tree } = stores
  const files = new Files(tree)
  const publisher = await publisherOf(config, ports)
  const metrics = new Metrics(publisher.next - 1)
  const ingest = openIngest(config.receiptSeed, {
    clock,
    random,
    after,
    published: publisher.next - 1,
    envelopes,
    tree,
    ed25519: curves.ed25519,
    onStore(event) {
      metrics.storeFailing(event.event === "store-failing")
      log(event)
    },
  })

  const handler = keyServerApp({
    phones: { ingest, files, random, uploadsPerMinute: config.uploadsPerMinute, proxies: config.proxies },
    metrics,
    health() {
      const published = publisher.next - 1
      const due = Math.max(0, time.bucket(clock()) - publisher.next)
      return { isWell: !ingest.isFailing && publisher.isSettled && due <= 1, published, due }
    },
    report: cause => log({ event: "failed", cause }),
  })

  function tell(published: Published): void {
    files.forget()
    metrics.bucketPublished(published)
    log({ event: "published", ...published })
  }

  function publishThrough(last: number): Promise<number> {
    const isReady = async (bucket: number): Promise<boolean> => {
      if (bucket > last) return false
      await ingest.seal(bucket)
      return true
    }
    return publishAll(publisher, isReady, tell)
  }

  const publishing = oneAtATime()

  // A store that cannot make room is reported by the first upload; phones can still download.
  const prepare = (): Promise<void> => ingest.prepare().catch(() => undefined)
  await prepare()

  return {
    handler,
    async closeBucket(bucket) {
      const current = time.bucket(clock())
      if (bucket > current) throw new LindungError("state", `bucket ${bucket} has not begun, this is ${current}`)
      await publishing.run(async () => {
        await publishThrough(bucket)
        await prepare()
      })
    },
    publishDue: () =>
      publishing.run(async () => {
        await prepare()
        return publishThrough(time.bucket(clock()) - 1)
      }),
    async close() {
      await ingest.idle()
      await publishing.end()
      await envelopes.close()
      await records.close()
    },
  }
}
