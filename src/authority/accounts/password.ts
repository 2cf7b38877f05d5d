import { code, type Random } from "../../crypto/index.ts"
import { Refusal } from "../refusal.ts"

const MIN_LETTERS = 12
const DAY = 86_400
export const ONE_TIME_SECONDS = 7 * DAY

/** 65 random bits in groups, with a check symbol. */
export const oneTimePassword = (random: Random): string => code.group(code.generate(random))

/** A one-time password may be typed as a code is: in any case, without hyphens. Any other password is taken as it is. */
export const canonical = (password: string): string => code.parse(password) ?? password

/** @throws Refusal weak-password */
export function requireStrong(password: string, name: string, current: string): void {
  const plain = password.normalize("NFKC").toLowerCase()
  const isLong = [...plain].length >= MIN_LETTERS
  const isVaried = new Set(plain).size >= MIN_LETTERS / 2
  if (!isLong || !isVaried || plain.includes(name) || canonical(password) === canonical(current))
    throw new Refusal("weak-password")
}
