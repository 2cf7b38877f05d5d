import { type LeafType, LindungError } from "../../protocol/index.ts"

/**
 * Where ingest puts sealed envelopes and the publisher finds them. The only thing the two share while a bucket is
 * open. Obligations: what it keeps says nothing about who sent an envelope or when inside the bucket (no address, no
 * sequence number, no time finer than the bucket, the file system's own included); only ciphertext is ever handed in.
 */
export interface EnvelopeStore {
  /** Makes room for a bucket before anything arrives, so that making it does not mark the first arrival. */
  prepare(bucket: number): Promise<void>
  /**
   * One gathering of envelopes. When it resolves, all of them survive a power cut. When it rejects, the caller
   * acknowledges none of them; any of them may or may not be found later. After a failure the next call starts
   * clean: what the failed one left behind never hides what later ones wrote.
   * @throws when the bucket is sealed, or the medium is full, read-only or broken
   */
  append(bucket: number, envelopes: readonly Uint8Array[]): Promise<void>
  /** Envelopes that `read` would give, soon; after a crash or a failure those that it passes over may be among them. */
  count(bucket: number): Promise<number>
  /** Durably marks the bucket closed with the count of what `read` would give; `append` fails from then on. Again: the same count. */
  seal(bucket: number): Promise<number>
  /** The count of a sealed bucket, also after a restart; undefined while it is open. */
  sealed(bucket: number): Promise<number | undefined>
  /**
   * The envelopes of a bucket, a few at a time and not all in memory; each array is the caller's to keep. A torn tail
   * (a crash in the middle of an append) is passed over. Nothing for a bucket never written.
   */
  read(bucket: number): AsyncIterable<Uint8Array>
  /** Deletes a bucket's envelopes and its mark. No error when there is nothing. */
  remove(bucket: number): Promise<void>
  /** The buckets of which anything is stored, ascending. */
  buckets(): Promise<number[]>
  close(): Promise<void>
}

/** A logged file that is not a batch: it is served as long as it is in force. */
export interface LoggedFile {
  /** Its leaf's place in the log. */
  readonly position: number
  readonly type: Exclude<LeafType, "batch">
  readonly bytes: Uint8Array
}

/** The private key of one bucket, encrypted under the wrapping key. */
export interface WrappedKey {
  readonly bucket: number
  readonly wrapped: Uint8Array
}

/** What a publisher gets that finds another one at work: it has to stop, and whatever it was about to do is not done. */
export const rival = (what: string): LindungError =>
  new LindungError("state", `records: another publisher has moved ${what}`)

/**
 * What the publisher must know again after a restart. Obligations: each method that changes something is one
 * transaction, durable when it resolves, and leaves nothing half done however the process ends. What is deleted
 * cannot be read from the medium after `forget` has resolved. No row says when it was written.
 *
 * Two publishers over the same records must not sign two histories. So whatever moves the log forward says from where,
 * and is refused, as {@link rival}, when that is not where the log is.
 */
export interface RecordStore {
  /** The newest published bucket; undefined before `begin`. */
  published(): Promise<number | undefined>
  /** Fixes once and for all the bucket after which publishing starts. Nothing when it is fixed already. */
  begin(published: number): Promise<void>
  /** Every leaf of the log, in order. */
  leaves(): Promise<Uint8Array[]>
  /** The logged files that are still kept, in order. */
  files(): Promise<LoggedFile[]>
  /**
   * Appends a leaf, keeps its file, and with a key list the private keys it announces.
   * @param position the leaf's place: the number of leaves that the caller knows of
   */
  append(
    leaf: Uint8Array,
    file: { readonly type: LoggedFile["type"]; readonly bytes: Uint8Array },
    keys: readonly WrappedKey[],
    position: number,
  ): Promise<void>
  /** The signed head of the log, shown or about to be; undefined before the first. */
  head(): Promise<Uint8Array | undefined>
  /** Replaces the head. @param from what `head` gave */
  moveHead(from: Uint8Array | undefined, to: Uint8Array): Promise<void>
  bucketKey(bucket: number): Promise<Uint8Array | undefined>
  /** Those of the tags that are spent. */
  spent(tags: readonly Uint8Array[]): Promise<Uint8Array[]>
  /**
   * The point of no return of a bucket: the leaves of its staged batch files, and the tags they spent. Refused for a
   * bucket that is staged or published.
   * @param tags in ascending order, so that their place on the medium says nothing about their arrival
   */
  stage(bucket: number, leaves: readonly Uint8Array[], tags: readonly Uint8Array[]): Promise<void>
  /** The leaves staged for a bucket; empty when it is not staged. */
  staged(bucket: number): Promise<Uint8Array[]>
  /** Moves a bucket's staged leaves to the end of the log and makes it the newest published one, once. */
  publish(bucket: number): Promise<void>
  /** Deletes the keys of buckets up to one, tags spent up to one, and logged files; for good when it resolves. */
  forget(what: { keysThrough: number; tagsThrough: number; files: readonly number[] }): Promise<void>
  close(): Promise<void>
}

/**
 * The files that everybody may read, under the paths they are served at, and staged ones under /staged/ that nobody
 * is served. Obligation: a file is there whole or not at all, and durable when `write` or `move` resolves.
 */
export interface TreeStore {
  read(path: string): Promise<Uint8Array | undefined>
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Replaces `to`. Nothing when `from` is missing, as after a crash that came later than the move. */
  move(from: string, to: string): Promise<void>
  /** No error when there is nothing. */
  remove(path: string): Promise<void>
  /** Paths that begin so, in any order. */
  list(prefix: string): Promise<string[]>
}
