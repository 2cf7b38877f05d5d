import {
  type Checkpoint,
  designByCode,
  type Leaf,
  LindungError,
  type ParameterSet,
  parametersFor,
  parseLeaf,
} from "../protocol/index.ts"
import type { Findings } from "./findings.ts"
import type { ServedLeaf } from "./tree.ts"

/** A leaf and where it stands in the log. */
export interface Logged extends Leaf {
  readonly position: number
}

const placeOf = ({ position }: Logged): string => `leaf ${position}`

/** The leaves that are leaves; the others are named. */
export function readLogged(served: readonly ServedLeaf[], findings: Findings): Logged[] {
  return served.flatMap((bytes, position) => {
    if (bytes === undefined) return []
    try {
      return { ...parseLeaf(bytes), position }
    } catch (error) {
      if (!(error instanceof LindungError)) throw error
      findings.add("leaf-malformed", `leaf ${position}`, error.message)
      return []
    }
  })
}

/**
 * A key list or parameter set cannot have been logged before a batch that stands before it; a leaf that says so claims
 * a longer notice than was given.
 */
export function auditDates(logged: readonly Logged[], findings: Findings): void {
  let newest = 0
  for (const leaf of logged) {
    if (leaf.type !== "batch" && leaf.bucket < newest)
      findings.add("leaf-backdated", placeOf(leaf), `says bucket ${leaf.bucket}, after one of bucket ${newest}`)
    newest = Math.max(newest, leaf.bucket)
  }
}

const nameOf = (design: number): string => designByCode(design)?.name ?? `design ${design}`

/**
 * Exactly one leaf for each bucket and design in force, ascending, to the head's bucket  (protocol §9).
 * @returns the batches that phones expect, each once
 */
export function auditBatchOrder(
  head: Checkpoint,
  logged: readonly Logged[],
  sets: readonly ParameterSet[],
  findings: Findings,
): Logged[] {
  const byBucket = new Map<number, Set<number>>()
  const expected: Logged[] = []
  let last: Logged | undefined
  for (const leaf of logged) {
    if (leaf.type !== "batch") continue
    const designs = byBucket.get(leaf.bucket) ?? new Set()
    byBucket.set(leaf.bucket, designs)
    if (designs.has(leaf.design)) {
      findings.add("batch-repeated", placeOf(leaf), `a second batch of ${nameOf(leaf.design)}, bucket ${leaf.bucket}`)
      continue
    }
    designs.add(leaf.design)
    const inForce = parametersFor(leaf.bucket, sets)?.designs
    if (inForce === undefined || inForce.some(name => name === nameOf(leaf.design))) expected.push(leaf)
    else findings.add("batch-foreign", placeOf(leaf), `a batch of ${nameOf(leaf.design)}, which is not in force`)
    if (last !== undefined && (leaf.bucket < last.bucket || (leaf.bucket === last.bucket && leaf.design < last.design)))
      findings.add("batch-order", placeOf(leaf), `bucket ${leaf.bucket} after bucket ${last.bucket}`)
    else last = leaf
  }
  let before: number | undefined
  for (const bucket of [...byBucket.keys()].sort((a, b) => a - b)) {
    if (before !== undefined && bucket > before + 1)
      findings.add("batch-gap", `bucket ${before + 1}`, `no batch for ${bucket - before - 1} buckets`)
    before = bucket
    const inForce = parametersFor(bucket, sets)?.designs
    if (inForce === undefined) continue
    const found = [...byBucket.get(bucket)!].map(nameOf)
    for (const name of inForce)
      if (!found.includes(name)) findings.add("batch-gap", `bucket ${bucket}`, `no batch of ${name}`)
  }
  // A log that has not published anything yet names the bucket before its first.
  if (before !== undefined && before !== head.bucket)
    findings.add("head-bucket", "/checkpoint", `says bucket ${head.bucket}; the newest batch is of ${before}`)
  return expected
}
