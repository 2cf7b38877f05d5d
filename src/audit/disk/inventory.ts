import { type Column, column as c, type Holds } from "./column.ts"
import { DATABASES } from "./inventory-databases.ts"

export interface FileKind {
  /** Over the path below the deployment, with slashes. */
  readonly path: RegExp
  readonly format:
    | "segment"
    | "number"
    | "sqlite"
    | "wal"
    | "journal"
    | "index"
    | "tree"
    | "settings"
    | "log"
    | "metrics"
  readonly holds: Holds
  /** Whether others than its owner may read it. */
  readonly readers: "owner" | "group" | "everybody"
  /** Whether the time of its last change must be that of a bucket. */
  readonly time: "bucket" | "any"
  readonly why: string
}

export interface Inventory {
  readonly files: readonly FileKind[]
  /** Database file name → table → column. */
  readonly databases: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Column>>>>>>
  /** Tables that are logs by purpose: their rows are numbered in the order in which they came. Each with its reason. */
  readonly ordered: Readonly<Record<string, string>>
  /** Indices and triggers, each with its reason. */
  readonly others: Readonly<Record<string, string>>
  /** Event → fields beside `level`, `time` and `event`. */
  readonly events: Readonly<Record<string, readonly string[]>>
  readonly metrics: Readonly<Record<string, Column>>
}

/**
 * Everything that a deployment may have on its disks, each with the reason why it is there. What is not on this list is
 * a finding: whoever adds a file, a table, a column, a field of a log line or a metric adds it here, and says why.
 */
export const INVENTORY: Inventory = {
  files: [
    {
      path: /^data\/server\/envelopes\/\d+\/\d+\.seg$/,
      format: "segment",
      holds: "ciphertext",
      readers: "group",
      time: "bucket",
      why: "Envelopes of an open bucket, reports and covers alike; deleted when it is published.",
    },
    {
      path: /^data\/server\/envelopes\/\d+\/SEALED$/,
      format: "number",
      holds: "count",
      readers: "group",
      time: "any",
      why: "How many envelopes of both kinds a closed bucket holds, until it is published.",
    },
    {
      path: /^data\/server\/(publisher\/)?records\.sqlite$/,
      format: "sqlite",
      holds: "public",
      readers: "owner",
      time: "any",
      why: "What the publisher must know again after a restart.",
    },
    {
      path: /^data\/server\/(publisher\/)?staged\/[a-z-]+\/\d+(-[0-9a-f]{32})?(\.zip)?$/,
      format: "tree",
      holds: "public",
      readers: "owner",
      time: "any",
      why: "A batch in the moments between being made and being published.",
    },
    {
      path: /^data\/server\/public\/(checkpoint|v1\/[a-z-]+|tile\/(entries|\d+)\/[\dx./p]+|batches\/[a-z-]+\/\d+(\.zip)?)$/,
      format: "tree",
      holds: "public",
      readers: "everybody",
      time: "bucket",
      why: "The static tree, as everybody may fetch it.",
    },
    {
      path: /^data\/authority\/codes\.sqlite$/,
      format: "sqlite",
      holds: "hash",
      readers: "owner",
      time: "any",
      why: "What the authority must know to redeem a code once.",
    },
    {
      path: /^data\/authority\/accounts\.sqlite$/,
      format: "sqlite",
      holds: "staff",
      readers: "owner",
      time: "any",
      why: "Who works for the authority, people and programs, and how they show it.",
    },
    {
      path: /^data\/.*\.sqlite-wal$/,
      format: "wal",
      holds: "public",
      readers: "owner",
      time: "any",
      why: "Empty at rest: its frames would show which rows were written together, and in which order.",
    },
    {
      path: /^data\/.*\.sqlite-shm$/,
      format: "index",
      holds: "noise",
      readers: "owner",
      time: "any",
      why: "SQLite's index of its log, rebuilt at every start.",
    },
    {
      path: /^data\/.*\.sqlite-journal$/,
      format: "journal",
      holds: "public",
      readers: "owner",
      time: "any",
      why: "Never there: it would hold rows as they were.",
    },
    {
      path: /^secrets\/[a-z]+\.env$/,
      format: "settings",
      holds: "key",
      readers: "owner",
      time: "any",
      why: "Long-term keys and settings of one service; not on the disk that holds the data.",
    },
    {
      path: /^witness\/(seed|data\/(heads\/[0-9a-f]{64}|proofs\/[0-9a-f]{32}\.lndm))$/,
      format: "settings",
      holds: "key",
      readers: "owner",
      time: "any",
      why: "A witness beside the deployment, as `npm start` has one: its key, the heads it has signed, and proofs.",
    },
    {
      path: /^(app-config\.json|parameters|export-key\.pem|witness\/witness\.json)$/,
      format: "tree",
      holds: "public",
      readers: "everybody",
      time: "any",
      why: "The public half of the configuration.",
    },
    {
      path: /(^|\/)[a-z-]+\.log$/,
      format: "log",
      holds: "count",
      readers: "everybody",
      time: "any",
      why: "What a service said on its standard output, where somebody keeps it.",
    },
    {
      path: /(^|\/)[a-z-]+\.prom$/,
      format: "metrics",
      holds: "count",
      readers: "everybody",
      time: "any",
      why: "A dump of /metrics.",
    },
  ],
  databases: DATABASES,
  ordered: {
    audit: "Acts of staff, so that misuse can be found: a log that has no order shows no misuse.",
  },
  others: {
    audit_minute: "Index over the minute of an act of staff.",
    audit_is_not_changed: "Keeps the program from changing what staff did.",
    audit_is_not_cut: "Keeps the program from deleting what staff did.",
  },
  events: {
    listening: ["service", "host", "port"],
    stopping: ["signal"],
    stopped: [],
    published: ["bucket", "envelopes", "lost", "dropped", "batches"],
    "witness-missing": ["witness", "why"],
    "store-failing": ["error"],
    "store-recovered": [],
    failed: ["error"],
    "request-failed": ["code", "message", "why"],
    "portal-failed": ["code", "why"],
    "audit-head": ["number", "hash"],
  },
  metrics: {
    lindung_published_bucket: c("bucket", "As the checkpoint says."),
    lindung_bucket_envelopes: c("count", "Envelopes of the newest published bucket, of both kinds."),
    lindung_bucket_lost: c("count", "Of them, acknowledged and not found again."),
    lindung_batch_bytes: c("public", "Length of the newest batch."),
    lindung_store_failing: c("code", "1 while nothing can be stored."),
  },
}
