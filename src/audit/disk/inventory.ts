/**
 * What a value may be, and so what it may tell:
 *
 * public      published, or computed from what is
 * bucket      the number of a bucket of two hours
 * day, hour   days or hours since 1970
 * code        a number or word from a short list, the same for many
 * hash        32 bytes that only who knows what was hashed can use
 * key         a secret key, wrapped or meant to be there
 * ciphertext  sealed to a key that is destroyed when its bucket is published
 * noise       random
 * count       of both kinds of envelope together
 * staff       about those who run the service, never about a patient or a phone
 */
export type Holds =
  | "public"
  | "bucket"
  | "day"
  | "hour"
  | "code"
  | "hash"
  | "key"
  | "ciphertext"
  | "noise"
  | "count"
  | "staff"

export interface Column {
  readonly holds: Holds
  readonly why: string
}

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

const c = (holds: Holds, why: string): Column => ({ holds, why })

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
  databases: {
    "records.sqlite": {
      progress: {
        one: c("code", "Always 1: there is one row."),
        published: c("bucket", "The newest published bucket, as the checkpoint says."),
      },
      head: {
        one: c("code", "Always 1: there is one row."),
        note: c("public", "The signed head of the log, which is shown a moment later."),
      },
      leaf: {
        position: c("public", "The leaf's place in the log."),
        leaf: c("public", "A leaf of the log, as the tiles have it."),
      },
      file: {
        position: c("public", "The place of its leaf."),
        type: c("code", "Kind of file: parameters, ingest keys, authority keys."),
        bytes: c("public", "A logged file that is in force; its hash is in the log."),
      },
      staged: {
        bucket: c("bucket", "The bucket whose batch is made and not yet published."),
        place: c("code", "Which of the bucket's designs."),
        leaf: c("public", "Its leaf, published a moment later."),
      },
      bucket_key: {
        bucket: c("bucket", "The bucket whose envelopes it opens."),
        wrapped: c("key", "The private key of a bucket that is not published yet, encrypted under the wrapping key."),
      },
      spent: {
        tag: c("hash", "H(r) of a report, so that it counts once, or noise that makes their number tell nothing."),
        bucket: c("bucket", "When it can be forgotten: 14 days later."),
      },
    },
    "accounts.sqlite": {
      users: {
        name: c("staff", "A user's name, as in the trail."),
        document: c("staff", "Role, hash of the password, second factors, day of the last sign-in."),
      },
      sessions: {
        id: c("hash", "Hash of the cookie's value."),
        started_at: c("staff", "When a member of staff signed in: the session ends some hours later."),
        seen_at: c("staff", "When it was last used, to the minute: the session ends when it is not used."),
        document: c("staff", "Whose session it is, and what is still owed."),
      },
      api_keys: {
        id: c("staff", "The key's name, as in the trail."),
        document: c("staff", "Label, hash of the key, the day on which it was made."),
      },
    },
    "codes.sqlite": {
      codes: {
        code: c("hash", "Keyed hash of a code of 65 bits, or the random key of a decoy."),
        mechanism: c("code", "How the permission passes hands; 0 for a decoy."),
        contagious_from_day: c("day", "What the token will say."),
        expires_hour: c("hour", "When the row is deleted; the full hour after the one in which it was issued."),
        commitment: c("hash", "Keyed hash of what the code was spent for; zeros before; noise in a decoy."),
        noise: c("noise", "Fresh with every write, so that every write costs the same."),
      },
      batches: {
        id: c("noise", "Drawn by who ordered many codes at once, so that the order can be repeated."),
        order_hash: c("hash", "Keyed hash of the order: the same name for another order is refused."),
        salt: c("noise", "From it and the hash key the codes are made again for a repeated order."),
        issued_hour: c("hour", "The hour that the codes count from."),
        expires_hour: c("hour", "When the row is deleted, with its codes."),
        done: c("count", "Lines of the order that are stored."),
      },
      audit: {
        number: c("staff", "The act's place in the chain of hashes."),
        minute: c("staff", "When a member of staff did it; what patients do makes no entry."),
        actor: c("staff", "Who: a user's or an API key's name."),
        action: c("staff", "What: issued, activated, revoked …; never which code."),
        count: c("staff", "Codes that the act made."),
        hash: c("staff", "Of this entry and the one before, so that a change shows."),
      },
    },
  },
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
