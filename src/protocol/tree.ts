import type { DesignName } from "./design.ts"

/** The static tree that phones download (protocol §8). All but the first three are immutable. */
export const PATHS = {
  checkpoint: "/checkpoint",
  /** Canonical parameter sets, one a line: those of the last fourteen days and the ones announced. */
  parameters: "/v1/parameters",
  /** Ingest key lists, one after the other: the current one and, when it is announced, the next. */
  ingestKeys: "/v1/ingest-keys",
  authorityKeys: "/v1/authority-keys",
  /** P-256 keys of design 4's archives as PEM, one after the other, newest first: for phones of other systems. */
  exportKeys: "/v1/export-keys",
  batch: (design: DesignName, bucket: number): string => `/batches/${design}/${bucket}`,
  /** The archive that a batch of design 4 names. */
  archive: (design: DesignName, bucket: number): string => `/batches/${design}/${bucket}.zip`,
} as const

export const UPLOADS_PATH = "/v1/uploads"
export const REDEEM_PATH = "/v1/redeem"
export const CODES_PATH = "/v1/codes"
