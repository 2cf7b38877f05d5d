import type { Language } from "./language.ts"

const DIGITS: Readonly<Record<Language, readonly string[]>> = {
  en: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  ms: ["kosong", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "lapan", "sembilan"],
}

/** The ICAO alphabet: what nurses hear on the radio, and what no two words of sound alike in. */
const LETTERS: Readonly<Record<string, string>> = {
  A: "Alfa",
  B: "Bravo",
  C: "Charlie",
  D: "Delta",
  E: "Echo",
  F: "Foxtrot",
  G: "Golf",
  H: "Hotel",
  J: "Juliett",
  K: "Kilo",
  M: "Mike",
  N: "November",
  P: "Papa",
  Q: "Quebec",
  R: "Romeo",
  S: "Sierra",
  T: "Tango",
  V: "Victor",
  W: "Whiskey",
  X: "X-ray",
  Y: "Yankee",
  Z: "Zulu",
}

/** A code as it is read out, group by group. */
export const spell = (grouped: string, language: Language): readonly string[] =>
  grouped
    .split(/[\s-]+/)
    .map(group => [...group].map(symbol => LETTERS[symbol] ?? DIGITS[language][Number(symbol)] ?? symbol).join(", "))
