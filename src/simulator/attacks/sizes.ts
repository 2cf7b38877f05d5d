import { type Random, time } from "../../crypto/index.ts"
import {
  DAYS_BACK,
  type DesignName,
  defaultParameters,
  designByName,
  drawPadding,
  slotAt,
  slotStart,
} from "../../protocol/index.ts"

/** The last bucket of a day, in which a report of 14 days is longest. */
const BUCKET = time.bucket(18_384 * time.SECONDS_PER_DAY) - 1
/** So many made-up reports are drawn to learn how long they are. */
const DRAWN = 3000
/** Beyond this share of what is likely, longer totals are left out. */
const NEGLIGIBLE = 1e-9

export interface Sizes {
  /** Entries of a report that reveals everything that a phone remembers. */
  readonly whole: number
  /** ½ Σ |P(size | nobody) − P(size | one such report)|, over the sizes that a batch may have. */
  readonly apart: number
}

/** What a report that reveals every slot changes in the size of a batch, by arithmetic from the lengths of made-up ones. */
export function sizesApart(name: DesignName, random: Random): Sizes {
  const parameters = defaultParameters(BUCKET, [name])
  const design = designByName(name)!
  const drawn = Array.from({ length: DRAWN }, () => drawPadding(design, BUCKET, parameters, random).length)
  const totals = paddingTotals(shares(drawn), parameters.minPaddingReports)
  const end = time.bucketStart(BUCKET + 1)
  const first = slotAt(design, (time.day(end - 1) - DAYS_BACK) * time.SECONDS_PER_DAY, parameters)
  let whole = 1
  if (design.reveals !== "one") while (slotStart(design, first + whole, parameters) < end) whole++
  const sizes = parameters.paddingSizes[name]!
  const sizeOf = (total: number) => sizes.find(size => size >= total) ?? total
  const change = new Map<number, number>()
  totals.forEach((share, total) => {
    const [without, withOne] = [sizeOf(total), sizeOf(total + whole)]
    change.set(without, (change.get(without) ?? 0) + share)
    change.set(withOne, (change.get(withOne) ?? 0) - share)
  })
  return { whole, apart: [...change.values()].reduce((sum, difference) => sum + Math.abs(difference), 0) / 2 }
}

/** P(a report has k entries), by counting. */
function shares(lengths: readonly number[]): Float64Array {
  const share = new Float64Array(Math.max(...lengths) + 1)
  for (const length of lengths) share[length]! += 1 / lengths.length
  return share
}

/** P(m + G reports have n entries together), G geometric with mean m: T = (pᵐ + m·p∗T) / (m+1). */
function paddingTotals(p: Float64Array, m: number): Float64Array {
  let least = Float64Array.of(1)
  for (let report = 0; report < m; report++) least = convolve(least, p)
  const goesOn = m / (m + 1)
  const mean = p.reduce((sum, share, k) => sum + share * k, 0)
  const extra = Math.ceil((Math.log(NEGLIGIBLE) / Math.log(goesOn)) * mean)
  const totals = new Float64Array(least.length + extra)
  for (let n = 0; n < totals.length; n++) {
    let sum = (1 - goesOn) * (least[n] ?? 0)
    for (let k = Math.min(n, p.length - 1); k > 0; k--) sum += goesOn * p[k]! * totals[n - k]!
    // Reports without any entry lead from a total to itself.
    totals[n] = sum / (1 - goesOn * p[0]!)
  }
  return totals
}

function convolve(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(a.length + b.length - 1)
  for (let i = 0; i < a.length; i++) for (let k = 0; k < b.length; k++) sum[i + k]! += a[i]! * b[k]!
  return sum
}
