export type Kind = "upload" | "download"

/** Milliseconds from the time a request was due to the end of its answer. */
export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** What the phones have seen. */
export interface Loaded {
  readonly upload: Spread
  readonly download: Spread
  readonly acknowledged: number
  /** Answered with neither 2xx nor 304. */
  readonly refused: number
  /** Requests whose connection ended before the answer. */
  readonly cut: number
  /** The most there were at one time. */
  readonly connections: number
  /** How much later than due the load itself was at worst, for want of a processor: part of every latency. */
  readonly lateMs: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** The longest time without an acknowledged upload. */
  readonly gapMs: number
}

/** One look at the server's process. */
export interface Sample {
  readonly residentMB: number
  readonly files: number
  readonly cpuSeconds: number
}

/** What the server says when it has published the bucket. */
export interface Ended {
  readonly envelopes: number
  readonly lost: number
  readonly publishSeconds: number
}
