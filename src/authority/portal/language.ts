import { en, type Words } from "./words/en.ts"
import { ms } from "./words/ms.ts"

export type { Words } from "./words/en.ts"
export const LANGUAGES = { en, ms } as const satisfies Record<string, Words>
export type Language = keyof typeof LANGUAGES

/** The one thing that is kept in the browser: which language was chosen. */
const KEPT = "lindung-language"

export function chosenLanguage(): Language {
  const kept = localStorage.getItem(KEPT)
  if (kept === "en" || kept === "ms") return kept
  return navigator.languages.some(tag => tag.startsWith("ms")) ? "ms" : "en"
}

export const keepLanguage = (language: Language): void => localStorage.setItem(KEPT, language)

/** A day as people of the language write it. @param day YYYY-MM-DD */
export function dayText(day: string, language: Language): string {
  const date = new Date(`${day}T00:00:00Z`)
  return new Intl.DateTimeFormat(language === "ms" ? "ms-MY" : "en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(date)
}

/** Hours and minutes, "23:59"; days are counted in hours. */
export function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, "0")
  const minutes = Math.floor(whole / 60)
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}
