import { Gauge, Registry } from "prom-client"
import type { Published } from "../publisher.ts"

/**
 * Numbers for operators. All but `lindung_store_failing` change only when a bucket is
 * through (of one that waited for its witnesses, once they are back), and count envelopes
 * of both kinds together: a counter that moved on every upload would be a log of arrival times, and one that moved on
 * reports alone would say who is ill: how many envelopes did not check is in the publisher's own log. The process's own figures are left out for the same reason.
 */
export class Metrics {
  readonly #registry = new Registry()

  readonly #published = this.#gauge("lindung_published_bucket", "The newest published bucket.")
  readonly #envelopes = this.#gauge(
    "lindung_bucket_envelopes",
    "Envelopes in the newest published bucket, of both kinds.",
  )
  readonly #lost = this.#gauge("lindung_bucket_lost", "Envelopes of that bucket that the store did not find again.")
  readonly #batch = new Gauge({
    name: "lindung_batch_bytes",
    help: "Length of the newest batch.",
    labelNames: ["design"],
    registers: [this.#registry],
  })
  readonly #failing = this.#gauge("lindung_store_failing", "1 while the envelope store takes nothing.")

  /** @param published the newest published bucket */
  constructor(published: number) {
    this.#published.set(published)
  }

  readonly type = this.#registry.contentType

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] })
  }

  bucketPublished({ bucket, envelopes, lost, batches }: Published): void {
    this.#published.set(bucket)
    this.#envelopes.set(envelopes)
    this.#lost.set(lost)
    for (const { design, bytes } of batches) this.#batch.set({ design }, bytes)
  }

  /** Another process has published up to this bucket. */
  reached(bucket: number): void {
    this.#published.set(bucket)
  }

  storeFailing(isFailing: boolean): void {
    this.#failing.set(isFailing ? 1 : 0)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
