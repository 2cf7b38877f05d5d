import { type Curves, type Random, time } from "../crypto/index.ts"
import { checkPublisherConfig, type PublisherConfig } from "./config.ts"
import { keyServerApp } from "./http/app.ts"
import { Metrics } from "./http/metrics.ts"
import { witnessesOf } from "./http/witness-client.ts"
import type { KeyServer, ServerEvent } from "./key-server.ts"
import { type Strongroom, strongroom } from "./opening.ts"
import { openPublisher } from "./publisher.ts"
import { oneAtATime } from "./scheduler.ts"
import type { EnvelopeStore, RecordStore, TreeStore } from "./store/store.ts"
import type { AskWitness } from "./witnesses.ts"

export interface PublisherServerPorts {
  readonly clock: () => number
  readonly random: Random
  readonly stores: { readonly envelopes: EnvelopeStore; readonly records: RecordStore; readonly tree: TreeStore }
  readonly curves: Curves
  readonly strongroom?: Strongroom
  readonly askWitness?: AskWitness
  readonly log?: (event: ServerEvent) => void
}

/** Its handler answers operators: health and metrics. */
export type PublisherServer = Pick<KeyServer, "handler" | "publishDue" | "close">

/**
 * Publishes what ingest has sealed.
 * @throws LindungError config; log-inconsistent when the records are older than the published log
 */
export async function openPublisherServer(
  config: PublisherConfig,
  ports: PublisherServerPorts,
): Promise<PublisherServer> {
  checkPublisherConfig(config)
  const { clock, random, stores, curves, log = () => {} } = ports
  const { envelopes, records } = stores
  const room = ports.strongroom ?? strongroom({ random, envelopes, ...curves })
  const publisher = await openPublisher(config, {
    clock,
    random,
    ...stores,
    ...curves,
    strongroom: room,
    witnesses: witnessesOf(config, { ask: ports.askWitness, ed25519: curves.ed25519, log }),
  })
  const metrics = new Metrics(publisher.next - 1)
  const publishing = oneAtATime()

  async function publishSealed(): Promise<number> {
    let count = 0
    await publisher.resume()
    for (; publisher.next < time.bucket(clock()); count++) {
      // Ingest is not through with it, or not running.
      if ((await envelopes.sealed(publisher.next)) === undefined) break
      const published = await publisher.publish(publisher.next)
      metrics.bucketPublished(published)
      log({ event: "published", ...published })
    }
    return count
  }

  return {
    handler: keyServerApp({
      metrics,
      health() {
        const due = Math.max(0, time.bucket(clock()) - publisher.next)
        return { isWell: publisher.isSettled && due <= 1, published: publisher.next - 1, due }
      },
      report: cause => log({ event: "failed", cause }),
    }),
    publishDue: () => publishing.run(publishSealed),
    async close() {
      await publishing.idle()
      await envelopes.close()
      await records.close()
    },
  }
}
