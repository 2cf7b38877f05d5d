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
  "head-cosignature": {
    severity: "violation",
    means: "The checkpoint bears the name of a witness, and the witness did not sign it.",
  },
  "head-unwitnessed": {
    severity: "suspicion",
    means: "A witness has not signed this head: it is too new, or the witness was shown another history.",
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
  "leaf-backdated": {
    severity: "violation",
    means: "A leaf says that it was logged earlier than it was, as if more notice had been given.",
  },
  "head-bucket": {
    severity: "violation",
    means: "The checkpoint names another bucket than that of the newest batch; phones judge the time by it.",
  },
  "batch-repeated": {
    severity: "violation",
    means: "Two batches are logged for one bucket and design: different phones can be served different ones.",
  },
  "batch-order": { severity: "violation", means: "Batches are not logged in ascending order." },
  "batch-gap": { severity: "violation", means: "A batch that every phone needs was never logged." },
  "batch-foreign": { severity: "violation", means: "A batch of a design that is not in force; nobody expects it." },
  "batch-missing": {
    severity: "violation",
    means: "A batch of the last fourteen days is logged and not served: phones cannot learn of it.",
  },
  "batch-kept": {
    severity: "violation",
    means: "A batch is served after its fourteen days; its secrets should be forgotten.",
  },
  "batch-too-long": { severity: "violation", means: "A batch is longer than any phone takes." },
  "batch-altered": { severity: "violation", means: "The file served is not the one that was logged." },
  "batch-malformed": {
    severity: "violation",
    means: "The batch is not in canonical form: damaged, unsorted, or with something hidden in its order.",
  },
  "batch-header": { severity: "violation", means: "The batch is that of another bucket or design than its leaf says." },
  "batch-parameters": {
    severity: "violation",
    means: "The batch was made under parameters that phones did not expect for it.",
  },
  "batch-size": {
    severity: "violation",
    means: "The number of entries is not one of the public sizes, and tells more about the reports than those would.",
  },
  "batch-beyond-sizes": {
    severity: "note",
    means: "More entries than the largest public size: the number is not rounded, and the list should be made longer.",
  },
  "filter-fingerprint": {
    severity: "violation",
    means: "The filter's fingerprints have another length than announced; short ones match strangers.",
  },
  "secret-live": {
    severity: "violation",
    means: "A secret was published that a phone may still broadcast: whoever hears it can be recognised and replayed.",
  },
  "secret-old": { severity: "violation", means: "A secret is older than anything that phones remember." },
  "secret-repeated": {
    severity: "violation",
    means: "A secret was published twice; honest phones draw each one anew and report it once.",
  },
  "secret-biased": {
    severity: "suspicion",
    means: "Secrets are not uniform bytes: they were badly drawn, or made-up ones carry a mark.",
  },
  "salt-repeated": {
    severity: "violation",
    means: "Two batches have the same random bytes, which hide what a deleted file held.",
  },
  "salt-biased": { severity: "suspicion", means: "The random bytes of the headers are not uniform." },
  "padding-profile": {
    severity: "suspicion",
    means: "Batches do not look as made-up reports do: real reports stand out, or padding is not drawn as announced.",
  },
  "parameters-missing": { severity: "violation", means: "Phones cannot know the parameters in force." },
  "parameters-malformed": {
    severity: "violation",
    means: "A parameter set is damaged, outside of the bounds, or has other epochs or windows than the first.",
  },
  "parameters-unlogged": {
    severity: "violation",
    means: "A parameter set is served that is not in the log: some phones may be given their own.",
  },
  "parameters-conflict": { severity: "violation", means: "Two parameter sets hold from the same bucket on." },
  "parameters-notice": {
    severity: "violation",
    means: "A parameter set was announced too late for every phone to have seen it before it holds.",
  },
  "parameters-hidden": { severity: "violation", means: "A parameter set is logged, still matters, and is not served." },
  "announcement-old": {
    severity: "violation",
    means: "What is in force was logged so long ago that a phone installed today does not find it in the log.",
  },
  "ingest-keys-malformed": { severity: "violation", means: "What is served is no list of ingest keys." },
  "ingest-keys-unlogged": {
    severity: "violation",
    means: "An ingest key list is served that is not in the log: a phone could be given a key of its own.",
  },
  "ingest-keys-hidden": {
    severity: "violation",
    means: "An ingest key list is logged and not served: there may be two keys for one bucket.",
  },
  "ingest-keys-gap": { severity: "violation", means: "Phones have no key to seal to." },
  "ingest-keys-frequent": {
    severity: "suspicion",
    means: "Key lists follow each other sooner than they run out: buckets may have had two keys.",
  },
  "ingest-key-second": {
    severity: "violation",
    means: "A bucket has two keys: a phone that seals to one of them can be told from the others.",
  },
  "ingest-key-reused": {
    severity: "violation",
    means: "A key serves several buckets; the private key of a published bucket should be destroyed.",
  },
  "authority-keys-missing": { severity: "violation", means: "Nobody can see whose tokens are accepted." },
  "authority-keys-malformed": { severity: "violation", means: "What is served is no list of authority keys." },
  "authority-keys-unlogged": { severity: "violation", means: "The list of authority keys is not in the log." },
  "authority-keys-outdated": {
    severity: "violation",
    means: "The list of authority keys that is served is not the one that was logged last.",
  },
  "authority-keys-changed": {
    severity: "note",
    means: "Other keys of the health authority are accepted from here on; the authority should know of it.",
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
