/** Where a verifier reports what it compared. */
export interface Check {
  equal(name: string, actual: unknown, expected: unknown): void
  close(name: string, actual: number, expected: number, tolerance?: number): void
  ok(name: string, holds: boolean, detail?: string): void
}

/** Checks one vector file, already parsed, against this implementation. */
export type Verifier = (file: unknown, check: Check) => void
