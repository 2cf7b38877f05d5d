/** What remains learnable, whoever holds it: the documented remainder. */
export const REMAINDER: readonly { readonly who: string; readonly learns: string }[] = [
  { who: "everybody", learns: "the published secrets, padded with made-up ones, and the bucket of their publication" },
  {
    who: "the server's disks",
    learns:
      "how many envelopes came for an open bucket, and for each published one in the log lines that were kept: reports and covers together",
  },
  {
    who: "the server's disks, copied again and again",
    learns:
      "which sealed envelopes came between two copies; the system's own time of change of an open segment says when the last one came",
  },
  {
    who: "the server's disks",
    learns:
      "from the number of tags of a bucket, a power of two, no more than from the size of its batch unless reports are unusually short: then how many people reported to within a factor of two",
  },
  {
    who: "the server's disks and its wrapping key",
    learns:
      "the content of envelopes of buckets that are not published yet, and of none that is; unless the medium below the files still holds what was overwritten (flash, snapshots, copies)",
  },
  {
    who: "the authority's disk",
    learns:
      "how many codes were issued in each hour of the last day, how many were used, and the first contagious days they carry: the authority knows its patients anyway",
  },
  {
    who: "the authority's disk, when its file is longer than a megabyte",
    learns: "the order in which rows were written since the last full hour; a smaller file is rebuilt with every write",
  },
  {
    who: "the authority's disk",
    learns: "what its staff did, in which minute, and who of them: the trail that misuse is found by",
  },
  {
    who: "the authority's disk and all keys, joined with the server's",
    learns:
      "which bucket a used code's report is in, to within all reports of the hours in which the code was good: the code does not say which report; but its first contagious day, while the code is kept, says which of them it cannot be",
  },
  {
    who: "any disk",
    learns: "how often a service was started since its database was made, from the database's header",
  },
  {
    who: "the server's signing keys",
    learns: "nothing; who has them can publish false batches, which stand in the log for everybody to see",
  },
  {
    who: "the memory of ingest",
    learns: "sealed envelopes of late, and addresses of connections of late",
  },
  {
    who: "the memory of the publisher between two publications",
    learns: "the wrapping key and the log's seed; no report, and no key of a published bucket",
  },
  {
    who: "the memory of the publisher while it opens a bucket",
    learns: "the reports of this bucket: for seconds, every two hours, in a process that then ends",
  },
  { who: "the memory of the authority", learns: "codes and commitments of late" },
  {
    who: "an operator who changes the programs and watches while it happens",
    learns:
      "which address sent which envelope, and with the publisher's keys what is in it; a relay in between takes the address away",
  },
  {
    who: "a seized phone",
    learns:
      "up to fourteen days of its own secrets and of what it heard, by day or window; in which order it heard what it heard since it last looked for batches; for how long it was near somebody who reported, on which day, while it shows that",
  },
]
