/**
 * violation: the protocol is broken, and whoever runs the log answers for it
 * suspicion: an honest server can look like this, but should be asked
 * note: nothing is wrong, but the reader of the report should know
 */
export type Severity = "violation" | "suspicion" | "note"

interface Meaning {
  readonly severity: Severity
  readonly means: string
}

/** The one list of what an audit of a log can find. */
export const FINDINGS = {
  "head-malformed": {
    severity: "violation",
    means: "The checkpoint is not a signed note as the protocol has it; phones refuse it.",
  },
  "head-signature": {
    severity: "violation",
    means: "The checkpoint is not signed by the log's key: it is another log's, or somebody else speaks for this one.",
  },
  "head-size": {
    severity: "violation",
    means: "The checkpoint claims a number of leaves that no log has; phones would be kept fetching.",
  },
  "head-stale": {
    severity: "suspicion",
    means: "The newest batch is too old: the server stands still, or shows an old head to some.",
  },
  "head-ahead": {
    severity: "violation",
    means: "The log has closed a bucket that has not begun: secrets may be published that are still to be broadcast.",
  },
  "head-rollback": {
    severity: "violation",
    means: "The log is shorter than it was: leaves that somebody has seen are gone.",
  },
  "head-fork": {
    severity: "violation",
    means: "Two signed heads of one size have different roots: the log shows two histories. Keep both heads.",
  },
  "head-inconsistent": {
    severity: "violation",
    means: "The log does not continue the head seen before: its history was rewritten. Keep both heads.",
  },
  "tile-missing": {
    severity: "violation",
    means: "A tile that the checkpoint covers is not served, so that phones cannot compute proofs.",
  },
  "tile-mismatch": {
    severity: "violation",
    means: "A tile is not the one of the signed tree; phones that fetch it refuse the log.",
  },
  "entries-missing": {
    severity: "violation",
    means: "Leaves of the last fourteen days are not served; nobody can tell what was logged.",
  },
  "entries-pruned": {
    severity: "note",
    means: "Old leaves are served as hashes only; what they were cannot be checked any more.",
  },
  "entries-mismatch": {
    severity: "violation",
    means: "The leaves served are not those of the signed tree.",
  },
  "root-mismatch": {
    severity: "violation",
    means: "Neither the leaves nor the tiles make the signed root; nothing else could be checked.",
  },
  "leaf-malformed": {
    severity: "violation",
    means: "Something stands in the log that is no leaf of this protocol.",
  },
} as const satisfies Record<string, Meaning>

export type FindingCode = keyof typeof FINDINGS

export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** A path of the tree, or a place in the log. */
  readonly where: string
  readonly what: string
}

/** A hostile log may break one rule a million times; the report names the first of each kind and counts the rest. */
const MAX_NAMED = 100

/** What was found so far, in the order in which it was found. */
export class Findings {
  readonly #named: Finding[] = []
  readonly #counts = new Map<FindingCode, number>()

  add(code: FindingCode, where: string, what: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1
    this.#counts.set(code, count)
    if (count <= MAX_NAMED) this.#named.push({ code, severity: FINDINGS[code].severity, where, what })
  }

  get named(): readonly Finding[] {
    return this.#named
  }

  /** How often each code was found, those beyond the named ones included. */
  get counts(): Readonly<Partial<Record<FindingCode, number>>> {
    return Object.fromEntries(this.#counts)
  }
}
