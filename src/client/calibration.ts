/** How well the radio of a phone's model was measured: 0 not at all, 1 others of its maker, 2 some, 3 well. */
export type Confidence = 0 | 1 | 2 | 3

/** What is known of the radio of this phone. */
export interface Calibration {
  /** dB to add to every received strength that this phone's radio reports. */
  readonly rssi: number
  /** dBm: what this phone sends with. Its adapter puts it into the advertisement. */
  readonly txPower: number
  readonly confidence: Confidence
}

/** Of a phone of which nothing is known: 12 dBm is what the DP-3T apps assumed. */
export const UNCALIBRATED: Calibration = { rssi: 0, txPower: 12, confidence: 0 }

/** One model in a table of measured phones. */
export interface CalibrationRow extends Calibration {
  readonly maker: string
  readonly model: string
}

const MAX_CORRECTION = 40

/** @throws RangeError naming the field and what was expected */
export function requireCalibration({ rssi, txPower, confidence }: Calibration, name = "calibration"): void {
  if (!(Math.abs(rssi) <= MAX_CORRECTION))
    throw new RangeError(`${name}.rssi: expected -${MAX_CORRECTION} to ${MAX_CORRECTION} dB, got ${rssi}`)
  if (!Number.isInteger(txPower) || Math.abs(txPower) > 127)
    throw new RangeError(`${name}.txPower: expected a whole number of -127 to 127 dBm, got ${txPower}`)
  if (![0, 1, 2, 3].includes(confidence))
    throw new RangeError(`${name}.confidence: expected 0, 1, 2 or 3, got ${confidence}`)
}

const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase()
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function meanOf(rows: readonly CalibrationRow[], confidence: Confidence): Calibration {
  const rssi = Math.round(mean(rows.map(row => row.rssi)))
  return { rssi, txPower: Math.round(mean(rows.map(row => row.txPower))), confidence }
}

/**
 * The calibration of a phone, from a table that the app brings: its model's row; else the mean over its maker's models,
 * with confidence 1; else the mean over the table, with confidence 0; with an empty table {@link UNCALIBRATED}. Names
 * are compared without case and outer blanks.
 * @throws RangeError naming the row that is not plausible
 */
export function calibrationFor(
  table: readonly CalibrationRow[],
  device: { maker: string; model: string },
): Calibration {
  for (const [i, row] of table.entries()) requireCalibration(row, `table[${i}]`)
  const makers = table.filter(row => same(row.maker, device.maker))
  const exact = makers.find(row => same(row.model, device.model))
  if (exact !== undefined) return { rssi: exact.rssi, txPower: exact.txPower, confidence: exact.confidence }
  if (makers.length > 0) return meanOf(makers, 1)
  return table.length > 0 ? meanOf(table, 0) : UNCALIBRATED
}
