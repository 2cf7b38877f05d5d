import type { Cancel } from "../../protocol/index.ts"
import type { Clock, EpochMs, Radio } from "../ports.ts"

/** One address of the radio, with what is sent under it. */
export interface Voice {
  /**
   * Takes a new address and sends this payload under it, and nothing else, until `stop`. Obligations: the address is
   * one that was never used, and nothing but the payload differs from what other phones send.
   */
  start(payload: Uint8Array): Promise<void>
  /** Resolves once nothing is sent under the address any more. */
  stop(): Promise<void>
}

export interface TurnPorts {
  readonly clock: Clock
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: Cancel) => Promise<void>
}

/** A phone that slept looks again at least this often, so that it does not go on with what has expired. */
const LONGEST_SLEEP_MS = 60_000

/**
 * `Radio.advertise` for a radio that takes a new address whenever it is told to: one payload under one address, each
 * dropped together with the other. The old address is silent before the new one speaks, or the moment at which both
 * are heard would join them.
 */
export async function inTurns(
  next: Parameters<Radio["advertise"]>[0],
  voice: Voice,
  { clock, sleep }: TurnPorts,
  signal: Cancel,
): Promise<void> {
  while (!signal.aborted) {
    const { payload, until } = next()
    await voice.start(payload)
    try {
      for (let left = leftUntil(until); left > 0 && !signal.aborted; left = leftUntil(until))
        await sleep(Math.min(left, LONGEST_SLEEP_MS), signal)
    } finally {
      await voice.stop()
    }
  }

  function leftUntil(until: EpochMs): number {
    return until - clock.now()
  }
}
