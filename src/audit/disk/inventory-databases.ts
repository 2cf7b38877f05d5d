import { type Column, column as c } from "./column.ts"

/** Every table and column: database file name → table → column. */
export const DATABASES: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Column>>>>>> = {
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
      started_at: c("staff", "When a member of staff signed in: the session ends some hours later.", 1),
      seen_at: c("staff", "When it was last used, to the minute: the session ends when it is not used.", 60),
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
}
