import { fromHex } from "../crypto/index.ts"

/**
 * A setting of a process, as its operator is told of it; the process reads it with the same code. It is here because every
 * role has some, and no role knows another.
 */
export interface Setting {
  /** Of its variable, its place in a file, or its flag. */
  readonly name: string
  readonly what: string
  readonly unit?: string
  /** Page and heading of the specification. */
  readonly section?: string
  /** Nobody is shown its value. */
  readonly secret?: boolean
  /** What holds when it is not given; undefined where it must be given, or where nothing then holds. */
  readonly otherwise?: string
  /** What is wrong with a value, or with none, in words that begin with "expected". */
  problemOf(text: string | undefined): string | undefined
}

/** The variable of a field: logSeed with LINDUNG_SERVER_ is LINDUNG_SERVER_LOG_SEED. */
export const variableOf = (prefix: string, field: string): string =>
  prefix + field.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()

/** The field of a variable. */
export const fieldOf = (prefix: string, variable: string): string =>
  variable
    .slice(prefix.length)
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** 32 bytes from 64 hexadecimal digits; undefined for anything else. */
export const keyIn = (text: string): Uint8Array | undefined =>
  /^[0-9a-fA-F]{64}$/.test(text) ? fromHex(text) : undefined

/** A whole number from its digits; NaN for anything else. */
export const wholeIn = (text: string): number => (/^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN)
