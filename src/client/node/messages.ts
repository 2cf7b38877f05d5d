import type { kernel } from "../../crypto/index.ts"

/** What the matching thread is asked; one answer to each request, in order. */
export type Request =
  | {
      readonly is: "open"
      readonly search: number
      readonly design: kernel.Design
      readonly observations: kernel.Observations
      readonly options: kernel.SearchOptions
    }
  | {
      readonly is: "match"
      readonly search: number
      readonly keys: kernel.PublishedKeys
      /** one word, shared: not zero once the match is cancelled */
      readonly cancelled: Int32Array
    }
  | { readonly is: "close"; readonly search: number }

/** What it answers; `part` comes any number of times before the answer to a match. */
export type Answer =
  | { readonly is: "done"; readonly found: readonly kernel.Designs[kernel.Design]["found"][] }
  | { readonly is: "part"; readonly part: number }
  | { readonly is: "failed"; readonly error: unknown }
