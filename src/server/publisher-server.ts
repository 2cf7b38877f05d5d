import type { IncomingMessage, ServerResponse } from "node:http"
import { type Curves, type Random, time } from "../crypto/index.ts"
import { checkPublisherConfig, type PublisherConfig } from "./config.ts"
import type { ServerEvent } from "./events.ts"
import { keyServerApp } from "./http/app.ts"
import { Metrics } from "./http/metrics.ts"
import { witnessesOf } from "./http/witness-client.ts"
import { type Strongroom, strongroom } from "./opening.ts"
import { openPublisher, type Published, type Publisher } from "./publisher.ts"
import { oneAtATime } from "./scheduler.ts"
import type { EnvelopeStore, RecordStore, TreeStore } from "./store/store.ts"
import type { AskWitness } from "./witnesses.ts"

export interface PublisherServerPorts {
  /** Unix seconds. */
  readonly clock: () => number
  readonly random: Random
  readonly stores: { readonly envelopes: EnvelopeStore; readonly records: RecordStore; readonly tree: TreeStore }
  readonly curves: Curves
  /** Where envelopes are opened; in this process unless there is a better place. */
  readonly strongroom?: Strongroom
  /** Asks a witness; over HTTP unless there is another way. */
  readonly askWitness?: AskWitness
  readonly log?: (event: ServerEvent) => void
}

/** The publisher over its stores, with its strongroom and its witnesses. */
export function publisherOf(config: PublisherConfig, ports: PublisherServerPorts): Promise<Publisher> {
  const { clock, random, stores, curves, log = () => {} } = ports
  return openPublisher(config, {
    clock,
    random,
    ...stores,
    ...curves,
    strongroom: ports.strongroom ?? strongroom({ random, envelopes: stores.envelopes, ...curves }),
    witnesses: witnessesOf(config, { ask: ports.askWitness, ed25519: curves.ed25519, log }),
  })
}

/**
 * Publishes bucket after bucket, after what an earlier turn has left unfinished.
 * @param isReady whether a bucket may be published now
 * @param tell hears of each bucket that is through, also of one that was begun in an earlier turn
 * @returns how many were published
 */
export async function publishAll(
  publisher: Publisher,
  isReady: (bucket: number) => Promise<boolean>,
  tell: (published: Published) => void,
): Promise<number> {
  const finished = await publisher.resume()
  if (finished !== undefined) tell(finished)
  let count = 0
  for (; await isReady(publisher.next); count++) tell(await publisher.publish(publisher.next))
  return count
}

export interface PublisherServer {
  /** A listener for node:http: of a publisher alone, for operators' questions after its health and metrics. */
  handler(req: IncomingMessage, res: ServerResponse): void
  /** Publishes all buckets that are over, in order, also those of a time the server was down. @returns how many */
  publishDue(): Promise<number>
  /** Answers what was accepted, finishes the bucket at work and closes the stores. What is asked of it later is refused. */
  close(): Promise<void>
}

/**
 * Publishes what ingest has sealed.
 * @throws LindungError config; log-inconsistent when the records are older than the published log
 */
export async function openPublisherServer(
  config: PublisherConfig,
  ports: PublisherServerPorts,
): Promise<PublisherServer> {
  checkPublisherConfig(config)
  const { clock, stores, log = () => {} } = ports
  const { envelopes, records } = stores
  const publisher = await publisherOf(config, ports)
  const metrics = new Metrics(publisher.next - 1)
  const publishing = oneAtATime()

  /** Where it is over and not sealed, ingest is not through with it, or not running. */
  const isReady = async (bucket: number): Promise<boolean> =>
    bucket < time.bucket(clock()) && (await envelopes.sealed(bucket)) !== undefined

  function tell(published: Published): void {
    metrics.bucketPublished(published)
    log({ event: "published", ...published })
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
    publishDue: () => publishing.run(() => publishAll(publisher, isReady, tell)),
    async close() {
      await publishing.end()
      await envelopes.close()
      await records.close()
    },
  }
}
