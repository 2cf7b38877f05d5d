/** The one list of what an audit of disks can find that must not be there. */
export const DISK_FINDINGS = {
  "unlisted-file": "A file that the inventory does not know: nobody has said why it is there.",
  "readable-by-others": "Users for whom it is not meant may read it.",
  "file-time": "The time of the last change is finer than the bucket: it tells when something arrived.",
  unreadable: "Not of the format that its name says: what it holds is not known.",
  "unlisted-table": "A table that the inventory does not know.",
  "unlisted-column": "A column that the inventory does not know.",
  "row-numbers": "A table whose rows carry ascending numbers: they tell the order in which rows came.",
  "index-or-trigger": "An index, view or trigger that the inventory does not know: it may keep copies.",
  "row-order": "Rows lie in the page in the order in which they were written, not in that of their keys.",
  "deleted-data": "Bytes in the file that belong to no row: what was deleted can be read again.",
  "free-pages": "Pages that are in no table any more have not been given back.",
  "write-ahead-log":
    "The log of transactions is not empty: it shows which rows were written together, and in which order.",
  "rollback-journal": "A journal holds rows as they were.",
  "transaction-counter": "The file counts its write transactions, or how often it was rebuilt.",
  "not-what-it-holds": "A value is not of the kind that the inventory allows there.",
  "exact-time": "A number or text is a time finer than the inventory allows.",
  "not-published": "What should be public is not in the published tree.",
  "kept-key": "The private key of a published bucket is still there: copies of its envelopes can be opened.",
  "kept-envelopes": "Envelopes of a published bucket are still there.",
  "kept-too-long": "Older than fourteen days.",
  "report-count": "The number of tags of a bucket tells how many people reported.",
  "log-line": "A log line that the inventory does not know.",
  metric: "A metric that the inventory does not know.",
  address: "A network address.",
  "identifier-with-time": "An identifier that has the time of its making in it (UUID of version 1, 6 or 7, ULID).",
  canary: "A planted secret was found.",
  "opened-report": "An opened report: a token of an accepted authority in clear.",
} as const

export type DiskFindingCode = keyof typeof DISK_FINDINGS

export interface DiskFinding {
  readonly code: DiskFindingCode
  readonly where: string
  readonly what: string
}

/** What an adversary learns, and may: it is in the documented remainder. */
export interface Learnt {
  readonly where: string
  readonly what: string
}

/** A damaged file may break a rule a million times. */
const MAX_NAMED = 20

export class DiskReport {
  readonly findings: DiskFinding[] = []
  readonly learnt: Learnt[] = []
  readonly #counts = new Map<string, number>()

  finding(code: DiskFindingCode, where: string, what: string): void {
    const count = (this.#counts.get(`${code} ${where}`) ?? 0) + 1
    this.#counts.set(`${code} ${where}`, count)
    if (count <= MAX_NAMED) this.findings.push({ code, where, what })
  }

  learns(where: string, what: string): void {
    this.learnt.push({ where, what })
  }
}
