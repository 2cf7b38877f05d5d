import { requireString } from "./bytes.ts"
import { type Random, uniform } from "./random.ts"

/** Crockford's base 32: no I, L, O or U. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
/** 13 symbols of 5 bits: 65 bits of entropy (UA asks for at least 64). */
export const DATA_SYMBOLS = 13
/** With the check symbol, which stands last. */
export const CODE_SYMBOLS = 14

/** Multiplication by α = x in GF(2⁵) modulo x⁵ + x² + 1. */
const timesAlpha = (value: number): number => (value << 1) ^ (value & 16 ? 0b100101 : 0)

/** Σ αⁱ·cᵢ, i the position from 0 (protocol §5). Horner's rule, from the last symbol to the first. */
const checksum = (symbols: readonly number[]): number => symbols.reduceRight((sum, c) => timesAlpha(sum) ^ c, 0)

/** The one symbol for place 13 that makes the sum zero: α¹³·c = −Σ. The α¹⁸ = α⁻¹³ that solves it, since α³¹ = 1. */
function checkSymbol(data: readonly number[]): number {
  let symbol = checksum(data)
  for (let i = 0; i < 31 - DATA_SYMBOLS; i++) symbol = timesAlpha(symbol)
  return symbol
}

/** A fresh code with its check symbol: 14 symbols, no separators. */
export function generate(random: Random): string {
  const data = Array.from({ length: DATA_SYMBOLS }, () => uniform(random, ALPHABET.length))
  return [...data, checkSymbol(data)].map(value => ALPHABET[value]).join("")
}

/**
 * What a person typed, as the 14 symbols meant: case, spaces and hyphens do not matter, O is 0, I and L are 1.
 * Only ASCII letters change case: Unicode's rules would turn the dotless i and the long s into symbols.
 * @returns undefined when it cannot be a code: a foreign symbol, a wrong length or a wrong check symbol
 */
export function parse(typed: string): string | undefined {
  requireString("typed", typed)
  const text = typed
    .replace(/[a-z]/g, letter => letter.toUpperCase())
    .replace(/[\s\u00ad\u2010-\u2015-]/gu, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1")
  if (text.length !== CODE_SYMBOLS) return undefined
  const symbols = [...text].map(symbol => ALPHABET.indexOf(symbol))
  return symbols.includes(-1) || checksum(symbols) !== 0 ? undefined : text
}

/** Groups to read aloud or to print: 5-5-4. */
export function group(code: string): string {
  requireString("code", code)
  return `${code.slice(0, 5)}-${code.slice(5, 10)}-${code.slice(10)}`
}
