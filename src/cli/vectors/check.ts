/** What a verifier says of each value of a file. */
export interface Check {
  equal(name: string, actual: unknown, expected: unknown): void
  close(name: string, actual: number, expected: number, tolerance?: number): void
  ok(name: string, holds: boolean, detail?: string): void
}

/** Checks everything a file of its schema claims. What it throws is one failed check. */
export type Verifier = (file: unknown, check: Check) => void

/** One failed check, for people. */
export interface Failure {
  readonly name: string
  readonly detail: string
}

const MAX_SHOWN = 120
const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/** Counts checks and keeps the failures. */
export class Tally implements Check {
  checks = 0
  readonly failures: Failure[] = []

  ok(name: string, holds: boolean, detail = "does not hold"): void {
    this.checks++
    if (!holds) this.failures.push({ name, detail })
  }

  equal(name: string, actual: unknown, expected: unknown): void {
    this.ok(
      name,
      JSON.stringify(actual) === JSON.stringify(expected),
      `got ${show(actual)}, expected ${show(expected)}`,
    )
  }

  close(name: string, actual: number, expected: number, tolerance = 1e-9): void {
    const allowed = tolerance * Math.max(1, Math.abs(expected))
    this.ok(name, Math.abs(actual - expected) <= allowed, `got ${actual}, expected ${expected}`)
  }
}

/** Runs something that must be refused. */
export function refuses(check: Check, name: string, attempt: () => unknown): void {
  try {
    attempt()
  } catch {
    check.ok(name, true)
    return
  }
  check.ok(name, false, "was accepted")
}
