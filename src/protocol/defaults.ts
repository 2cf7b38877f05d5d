import type { DesignName } from "./design.ts"
import { paddingSizes } from "./padding.ts"
import type { PaddingProfile, ParameterSet } from "./parameters.ts"

/**
 * A person tests positive a few days after becoming contagious, meets people by day and nobody by night. Round
 * numbers on purpose: the profile says how padding looks, and must not be fitted to anybody.
 */
const PROFILE: PaddingProfile = {
  firstDayAge: [1, 2, 4, 6, 8, 8, 6, 4, 3, 2, 2, 1, 1, 1],
  revealedByHour: [
    100, 50, 50, 50, 100, 200, 400, 600, 700, 700, 700, 700, 800, 800, 700, 700, 700, 800, 800, 700, 600, 500, 400, 200,
  ],
  nightStartHour: [6, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 6, 8, 8],
  nightHours: [0, 0, 0, 0, 0, 1, 3, 6, 8, 6, 3, 1],
}

/** The values of protocol §10, from the bucket given. */
export function defaultParameters(validFromBucket: number, designs: readonly DesignName[] = ["hybrid"]): ParameterSet {
  const lengths = { epochMinutes: 15, windowMinutes: 120 }
  const minPaddingReports = 20
  return {
    version: 1,
    validFromBucket,
    ...lengths,
    bucketSeconds: 7200,
    retentionDays: 14,
    coverMeanDays: 5,
    coverCatchUpHours: 48,
    codeValidHours: 24,
    activationHours: 6,
    fingerprintBits: 42,
    minPaddingReports,
    maxEnvelopes: 2_000_000,
    designs,
    riskRule: { id: "dp3t-exposure-score", thresholds: [55, 63], weightsPercent: [100, 50, 0], minutes: 15 },
    paddingProfile: PROFILE,
    paddingSizes: Object.fromEntries(
      designs.map(design => [design, paddingSizes(design, PROFILE, minPaddingReports, lengths)]),
    ),
  }
}
