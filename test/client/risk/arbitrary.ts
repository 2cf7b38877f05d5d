import fc from "fast-check"
import type { risk } from "../../../src/client/index.ts"

export const TODAY: risk.IsoDay = "2020-05-20"
const FIRST_SECOND = Date.UTC(2020, 4, 18) / 1000

/** Windows of the two days before today, every scan with its start, as a phone measures them: whole minutes, whole dB. */
export const windows = (scanSeconds = fc.integer({ min: 1, max: 5 }).map(n => 60 * n)): fc.Arbitrary<risk.Window[]> =>
  fc.array(
    fc
      .record({
        late: fc.boolean(),
        second: fc.integer({ min: 0, max: 1200 }),
        scans: fc.array(fc.record({ seconds: scanSeconds, typical: fc.integer({ min: 30, max: 95 }) }), {
          maxLength: 6,
        }),
        infectiousness: fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>,
        reportType: fc.integer({ min: 0, max: 5 }),
        calibration: fc.integer({ min: 0, max: 3 }),
      })
      .map(({ late, second, scans, infectiousness, reportType, calibration }): risk.Window => {
        let start = FIRST_SECOND + (late ? 86_400 : 0) + 28_800 + second
        return {
          day: late ? "2020-05-19" : "2020-05-18",
          infectiousness,
          reportType,
          calibration,
          scans: scans.map(({ seconds, typical }) => {
            const scan = { min: typical - 2, typical, seconds, start }
            start += seconds
            return scan
          }),
        }
      }),
    { maxLength: 8 },
  )

/** Some scan of some window, changed; the windows as they are where there is none. */
export function changeOne(
  windows: readonly risk.Window[],
  pick: number,
  change: (scan: risk.Scan) => readonly risk.Scan[],
): risk.Window[] {
  const places = windows.flatMap((window, w) => window.scans.map((_, s) => [w, s] as const))
  if (places.length === 0) return [...windows]
  const [w, s] = places[pick % places.length]!
  return windows.map((window, i) =>
    i === w ? { ...window, scans: window.scans.flatMap((scan, j) => (j === s ? change(scan) : [scan])) } : window,
  )
}
