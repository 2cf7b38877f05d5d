import type { StoreEvent } from "./ingest.ts"
import type { Published } from "./publisher.ts"

/** What the server has to say about itself. Never an address, a request, or anything about a single upload. */
export type ServerEvent =
  | ({ readonly event: "published" } & Published)
  | { readonly event: "failed"; readonly cause: unknown }
  | StoreEvent
  /** A witness did not sign a head; enough others did. */
  | { readonly event: "witness-missing"; readonly witness: string; readonly why: string }
