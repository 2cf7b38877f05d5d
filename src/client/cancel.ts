import type { Cancel } from "../protocol/index.ts"

/** A cancel of one's own: AbortController is not in every engine. */
export function canceller(): Cancel & { abort(): void } {
  const listeners = new Set<() => void>()
  let aborted = false
  return {
    get aborted() {
      return aborted
    },
    addEventListener: (_, listener) => listeners.add(listener),
    removeEventListener: (_, listener) => listeners.delete(listener),
    abort() {
      if (aborted) return
      aborted = true
      for (const listener of listeners) listener()
    },
  }
}
