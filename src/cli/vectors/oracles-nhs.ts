import { risk } from "../../client/index.ts"
import type { Check, Verifier } from "./check.ts"

interface Scan {
  attenuation: number
  secondsSinceLastScan: number
}

interface NhsFile {
  configuration: {
    sampleResolution: number
    expectedDistance: number
    minimumDistance: number
    logDistance: { wCoefficient: number; intercept: number; covariance: number }
    initialMean: number
    initialCovariance: number
  }
  singleExample: { scans: Scan[]; upstreamExpected: number }
  scenarios: {
    name: string
    scans: Scan[]
    upstreamPythonScore: number
    upstreamTolerance: number
    libraryScore: number
    libraryScoreIntegerInput: number
  }[]
  windows: { scans: Scan[]; score: number }[]
  kalman: {
    parameters: {
      initialMean: number
      initialCovariance: number
      transitionCovariance: number
      observationCovariance: number
    }
    tolerance: number
    input: (number | null)[]
    filteredMean: number[]
    filteredCovariance: number[]
    smoothedMean: number[]
    smoothedCovariance: number[]
  }
  gamma: {
    inverseCdf: { shape: number; scale: number; p: number; x: number }[]
    median: { shape: number; scale: number; x: number }[]
  }
}

/** Floating point of another order of operations: relative. */
const EXACT = 1e-9

function ruleOf({ configuration: c }: NhsFile): risk.NhsRule {
  return {
    kind: "nhs",
    id: "nhs",
    sampleSeconds: c.sampleResolution,
    minimumDistance: c.minimumDistance,
    logDistance: {
      coefficient: c.logDistance.wCoefficient,
      intercept: c.logDistance.intercept,
      variance: c.logDistance.covariance,
    },
    initial: { mean: c.initialMean, variance: c.initialCovariance },
    stepDistance: c.expectedDistance,
    infectiousnessWeights: [0, 1, 1],
    warning: { high: 120 },
    considerDays: 14,
  }
}

const measured = (scans: Scan[], round = (value: number): number => value): risk.Measured[] =>
  scans
    .map(scan => ({ attenuation: round(scan.attenuation), seconds: round(scan.secondsSinceLastScan) }))
    .filter(({ seconds }) => seconds > 0)

function verifyKalman({ kalman: k, configuration: c }: NhsFile, check: Check): void {
  const { wCoefficient, intercept } = c.logDistance
  const model: risk.Model = {
    initial: { mean: k.parameters.initialMean, variance: k.parameters.initialCovariance },
    stepVariance: k.parameters.transitionCovariance,
    observation: distance => wCoefficient * Math.log(distance) + intercept,
    observationVariance: k.parameters.observationCovariance,
  }
  const seen = Float64Array.from(k.input, value => value ?? Number.NaN)
  const filtered = risk.kalmanFilter(model, seen)
  const smoothed = risk.kalmanSmooth(model, seen)
  check.equal("kalman: as many states as observations", smoothed.mean.length, k.input.length)
  for (let i = 0; i < k.input.length; i++) {
    check.close(`kalman: filtered mean ${i}`, filtered.mean[i]!, k.filteredMean[i]!, k.tolerance)
    check.close(`kalman: filtered covariance ${i}`, filtered.variance[i]!, k.filteredCovariance[i]!, k.tolerance)
    check.close(`kalman: smoothed mean ${i}`, smoothed.mean[i]!, k.smoothedMean[i]!, k.tolerance)
    check.close(`kalman: smoothed covariance ${i}`, smoothed.variance[i]!, k.smoothedCovariance[i]!, k.tolerance)
  }
}

export const nhsRiskScore: Verifier = (input, check) => {
  const file = input as NhsFile
  const rule = ruleOf(file)
  const score = (name: string, scans: risk.Measured[], expected: number, tolerance: number): void => {
    const actual = risk.nhsScore(rule, scans)
    check.close(name, actual, expected, tolerance * Math.abs(expected))
    const minutes = scans.reduce((total, { seconds }) => total + seconds, 0) / 60
    check.ok(`${name}: at most the time spent`, actual <= minutes + rule.sampleSeconds / 60)
  }
  const { singleExample } = file
  score("single example", measured(singleExample.scans), singleExample.upstreamExpected, EXACT)
  for (const scenario of file.scenarios) {
    const scans = measured(scenario.scans)
    score(`${scenario.name}: Python`, scans, scenario.upstreamPythonScore, scenario.upstreamTolerance)
    score(`${scenario.name}: library`, scans, scenario.libraryScore, EXACT)
    const whole = measured(scenario.scans, Math.trunc)
    score(`${scenario.name}: library, whole numbers`, whole, scenario.libraryScoreIntegerInput, EXACT)
  }
  for (const [i, window] of file.windows.entries()) score(`window ${i}`, measured(window.scans), window.score, EXACT)
  verifyKalman(file, check)
  for (const { shape, scale, p, x } of file.gamma.inverseCdf)
    check.close(`gamma quantile ${shape} ${scale} ${p}`, risk.gammaQuantile(shape, scale, p), x, EXACT)
  for (const { shape, scale, x } of file.gamma.median) {
    check.close(`gamma median ${shape} ${scale}`, risk.gammaQuantile(shape, scale, 0.5), x, EXACT)
    check.close(`gamma median ${shape} ${scale}, series`, risk.gammaMedian(shape * scale, shape * scale ** 2), x, EXACT)
  }
}
