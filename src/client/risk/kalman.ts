/** Mean and variance of one hidden value. */
export interface State {
  readonly mean: number
  readonly variance: number
}

/** A hidden positive value that drifts: x' = |x + n|, seen as f(|x|) + noise; all in one dimension. */
export interface Model {
  readonly initial: State
  /** Variance of the drift n in one step. */
  readonly stepVariance: number
  /** What is seen of a state, without noise. */
  readonly observation: (state: number) => number
  readonly observationVariance: number
}

/** One state per step. */
export interface States {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/**
 * The augmented unscented transform with alpha 1, beta 0, kappa 0: seven sigma points in the three dimensions state,
 * drift, observation noise. λ = 0, so the centre has weight 0 and the six others 1/6 each; they lie √3 standard
 * deviations from the centre. In their order: the state up, the drift up, the observation noise up, and all down.
 *
 * While a state may still be on either side of 0 the smoother multiplies rounding errors (a million-fold within one
 * window of the published examples). The sums are therefore written in the order in which they are defined, product by
 * product; another order is as good mathematics and gives other digits.
 */
const WEIGHT = (1 / 3) * 0.5

/** Mean and variance one step later, and the covariance with the state before; x' = |x + n|. */
const ahead = new Float64Array(3)

/** @param drift √3 standard deviations of n */
function advance(mean: number, variance: number, drift: number): void {
  const spread = Math.sqrt(3 * variance)
  const up = Math.abs(mean + spread)
  const on = Math.abs(mean + drift)
  const still = Math.abs(mean)
  const down = Math.abs(mean - spread)
  const back = Math.abs(mean - drift)
  const m = up * WEIGHT + on * WEIGHT + still * WEIGHT + down * WEIGHT + back * WEIGHT + still * WEIGHT
  const quiet = WEIGHT * ((still - m) * (still - m))
  ahead[0] = m
  ahead[1] =
    WEIGHT * ((up - m) * (up - m)) +
    WEIGHT * ((on - m) * (on - m)) +
    quiet +
    WEIGHT * ((down - m) * (down - m)) +
    WEIGHT * ((back - m) * (back - m)) +
    quiet
  ahead[2] = (up - m) * WEIGHT * (mean + spread - mean) + (down - m) * WEIGHT * (mean - spread - mean)
}

/** The sigma points before an observation, drifted except before the first step. */
function statePoints(mean: number, variance: number, drift: number, first: boolean): Float64Array {
  const spread = Math.sqrt(3 * variance)
  if (first) return Float64Array.of(mean + spread, mean, mean, mean - spread, mean, mean)
  return Float64Array.of(mean + spread, mean + drift, mean, mean - spread, mean - drift, mean).map(Math.abs)
}

/** The state at each step given what was seen up to it; NaN stands for a step at which nothing was seen. */
export function filter(model: Model, seen: Float64Array): States {
  const mean = new Float64Array(seen.length)
  const variance = new Float64Array(seen.length)
  const noise = Math.sqrt(3 * model.observationVariance)
  const drift = Math.sqrt(3 * model.stepVariance)
  let m = model.initial.mean
  let v = model.initial.variance
  for (let i = 0; i < seen.length; i++) {
    if (i > 0 && Number.isNaN(seen[i]!)) {
      advance(m, v, drift)
      m = ahead[0]!
      v = ahead[1]!
    } else {
      const points = statePoints(m, v, drift, i === 0)
      const predicted = average(points)
      const spread = variation(points, predicted)
      m = predicted
      v = spread
      if (!Number.isNaN(seen[i]!)) {
        const outputs = points.map(point => model.observation(Math.abs(point)))
        outputs[2]! += noise
        outputs[5]! -= noise
        const expected = average(outputs)
        const cross = covariance(points, predicted, outputs, expected)
        const gain = cross * (1 / variation(outputs, expected))
        m = predicted + (seen[i]! - expected) * gain
        v = spread - cross * gain
      }
    }
    mean[i] = m
    variance[i] = v
  }
  return { mean, variance }
}

function average(points: Float64Array): number {
  let total = 0
  for (const point of points) total += point * WEIGHT
  return total
}

function variation(points: Float64Array, mean: number): number {
  let total = 0
  for (const point of points) total += WEIGHT * ((point - mean) * (point - mean))
  return total
}

function covariance(a: Float64Array, aMean: number, b: Float64Array, bMean: number): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += (a[i]! - aMean) * WEIGHT * (b[i]! - bMean)
  return total
}

/** The state at each step given everything that was seen: the filter, and then back from the last step. */
export function smooth(model: Model, seen: Float64Array): States {
  const { mean, variance } = filter(model, seen)
  const drift = Math.sqrt(3 * model.stepVariance)
  for (let i = mean.length - 2; i >= 0; i--) {
    advance(mean[i]!, variance[i]!, drift)
    const gain = ahead[2]! * (1 / ahead[1]!)
    mean[i]! += (mean[i + 1]! - ahead[0]!) * gain
    variance[i]! += (variance[i + 1]! - ahead[1]!) * gain * gain
  }
  return { mean, variance }
}
