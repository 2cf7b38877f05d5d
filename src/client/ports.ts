import type { Curves, kernel } from "../crypto/index.ts"
import type { Cancel, KeyBatch, Random, UserAction } from "../protocol/index.ts"
import type { Calibration } from "./calibration.ts"

declare const epochMs: unique symbol
/** Milliseconds since 1970 UTC: what hosts count in. The core counts in seconds. */
export type EpochMs = number & { readonly [epochMs]: true }

/** `now` is the wall clock and may jump; `monotonic` counts milliseconds from anywhere and never goes back. */
export interface Clock {
  now(): EpochMs
  monotonic(): number
}

export interface HttpRequest {
  readonly method: "GET" | "POST"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** The longest body of an answer that makes sense. */
  readonly maxBytes: number
  readonly signal: Cancel
}

export interface HttpResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

/**
 * Obligations: sends exactly these headers and what HTTP needs, no cookies, no cache; does not follow redirects; stops
 * reading and rejects past `maxBytes`; rejects when the signal aborts or nothing answers.
 */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>
}

/** A view of the store that does not change while it is open. */
export interface ReadTx {
  get(key: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Entries with from ≤ key < to, ascending by key bytes. */
  range(from: Uint8Array, to: Uint8Array): Iterable<[Uint8Array, Uint8Array]> | AsyncIterable<[Uint8Array, Uint8Array]>
  /** The keys of `range` alone, where the store can spare the values. */
  keys?(from: Uint8Array, to: Uint8Array): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** How many entries `range` would give, where the store knows without giving them. */
  count?(from: Uint8Array, to: Uint8Array): number | Promise<number>
}

/** Its own reads see its own writes. */
export interface WriteTx extends ReadTx {
  put(key: Uint8Array, value: Uint8Array): void
  del(key: Uint8Array): void
}

/**
 * Ordered byte store. Obligations: a `write` is all or nothing, alone, and survives a power cut once it resolves; when
 * its function throws, nothing has changed. Arrays handed over are copied.
 */
export interface Store {
  read<T>(f: (tx: ReadTx) => T | Promise<T>): Promise<T>
  write<T>(f: (tx: WriteTx) => T | Promise<T>): Promise<T>
  /**
   * Only where the medium keeps more than the entries, such as the order in which they came: makes it forget that. Called
   * when a task is through whose writes have deleted something.
   */
  tidy?(): Promise<void>
  /** Only where the data can become unreadable: deletes all of it, so that the store can be used anew. */
  reset?(): Promise<void>
  close(): Promise<void>
}

/**
 * Wraps the key of the stored data with one that hardware or a passphrase guards. Obligations: `open` gives what `seal`
 * was given for the same context, or `lost` when that cannot be any more; it rejects when it may succeed later, as on
 * a phone that was not unlocked yet.
 */
export interface KeyVault {
  seal(plain: Uint8Array, context: string): Promise<Uint8Array>
  open(sealed: Uint8Array, context: string): Promise<Uint8Array | "lost">
}

/** A beacon as the radio heard it. */
export interface Sighting {
  readonly payload: Uint8Array
  /** Received strength, dBm. */
  readonly rssi: number
  /** Transmit power, dBm, where the beacon says it. */
  readonly txPower?: number
  readonly at: EpochMs
  /** The same for all that one scan heard. */
  readonly scanId: number
}

/** What keeps the phone from broadcasting, listening or checking, since when, and what the person can do about it. */
export interface Impediment {
  readonly code:
    | "bluetooth-off"
    | "bluetooth-unsupported"
    | "location-off"
    | "permission-missing"
    | "battery-optimised"
    | "radio-failed"
    | "advertising-refused"
    | "clock-wrong"
    | "storage-failed"
    | "key-lost"
  readonly since: EpochMs
  readonly userCan: UserAction
}

export interface Radio {
  readonly can: {
    readonly advertise: boolean
    readonly scan: boolean
    readonly rotatesAddressWithPayload: boolean
  }
  /**
   * Sends what `next` gives. Obligations: calls it for every new address, takes a new address once `until` has passed or
   * the signal aborts, and never sends one payload under two addresses or two payloads under one. Where the system
   * chooses the address, `rotatesAddressWithPayload` is false. This call, `scan` and `health` last until their signal
   * aborts: one that ends before, either way, has failed, and is begun anew at the next `run("rotate")`. After an abort,
   * too, it may be called anew.
   */
  advertise(next: () => { payload: Uint8Array; until: EpochMs }, signal: Cancel): Promise<void>
  scan(plan: { windowMs: number; everyMs: number }, on: (sighting: Sighting) => void, signal: Cancel): Promise<void>
  /** All that is wrong, at first if something is, and again at every change; an empty list when all is well again. */
  health?(signal: Cancel): AsyncIterable<readonly Impediment[]>
}

export type TaskId = "sync" | "cover" | "rotate" | "prune"

/** Only arms: the host calls `run(task)` at some time between the two. Arming again replaces. */
export interface Scheduler {
  arm(task: TaskId, when: { earliest: EpochMs; latest: EpochMs; network: boolean }): Promise<void>
  disarm(task: TaskId): Promise<void>
}

/**
 * Reads and verifies an archive of design 4: `readArchive` of `lindung/client/gaen`. Injected, so that apps of the other
 * designs carry neither the format nor an inflating library. Obligation: a file is taken whole or refused whole.
 * @param file the name that errors carry
 * @param trusted P-256 keys of 65 bytes
 * @throws LindungError format or signature, naming the file and the field
 */
export type ReadArchive = (
  file: string,
  zip: Uint8Array,
  trusted: readonly Uint8Array[],
) => Pick<KeyBatch, "keys" | "revisedKeys">

/** What the host injects. */
export interface Ports {
  readonly radio: Radio
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly http: Http
  readonly scheduler: Scheduler
  /** Where matching is done: over worker threads, say. Without it, in this thread. */
  readonly matcher?: kernel.AsyncMatcher
  /**
   * Resolves after about so many milliseconds. With it the pause between the first two requests of an action is drawn at
   * random and hides how long the phone worked in between; without it, whoever sees the wire can time that work.
   */
  readonly wait?: (milliseconds: number) => Promise<void>
  /** Design 4 needs it, the others do not look at it. */
  readonly readArchive?: ReadArchive
  /**
   * What is known of the radio of this phone, the power that it sends with included, which design 4 says inside the beacon;
   * without it, nothing is ({@link calibrationFor}).
   */
  readonly calibration?: Calibration
  /** The platform's, where it has them: a signature of the log then costs a sixtieth. The portable ones unless given. */
  readonly curves?: Curves
  /** With it everything in the store is encrypted. */
  readonly vault?: KeyVault
}
