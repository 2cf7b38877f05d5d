/** What is wrong with a piece of configuration, and where: "thresholds[1]". */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** Looks at one value and adds what is wrong with it. */
export type Look = (path: string, value: unknown, problems: Problem[]) => void

function describe(value: unknown): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  return typeof value === "object" || typeof value === "function" ? typeof value : String(value)
}

const expected = (what: string, value: unknown): string => `expected ${what}, got ${describe(value)}`

export function number(min: number, max: number, what = `a number from ${min} to ${max}`): Look {
  return (path, value, problems) => {
    if (typeof value !== "number" || !(value >= min && value <= max))
      problems.push({ path, message: expected(what, value) })
  }
}

export function wholeNumber(min: number, max: number): Look {
  return (path, value, problems) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
      problems.push({ path, message: expected(`a whole number from ${min} to ${max}`, value) })
  }
}

export const boolean: Look = (path, value, problems) => {
  if (typeof value !== "boolean") problems.push({ path, message: expected("true or false", value) })
}

export const text: Look = (path, value, problems) => {
  if (typeof value !== "string" || value === "") problems.push({ path, message: expected("a name", value) })
}

export function oneOf(...values: readonly string[]): Look {
  return (path, value, problems) => {
    if (!values.includes(value as string))
      problems.push({ path, message: expected(values.map(v => JSON.stringify(v)).join(" or "), value) })
  }
}

export function nullOr(look: Look): Look {
  return (path, value, problems) => {
    if (value !== null) look(path, value, problems)
  }
}

/** A list of a length, or of up to 64 entries. */
export function list(look: Look, length?: number): Look {
  return (path, value, problems) => {
    if (!Array.isArray(value)) problems.push({ path, message: expected("a list", value) })
    else if (length !== undefined && value.length !== length)
      problems.push({ path, message: `expected ${length} entries, got ${value.length}` })
    else if (value.length > 64) problems.push({ path, message: `expected at most 64 entries, got ${value.length}` })
    if (Array.isArray(value))
      for (const [i, entry] of value.slice(0, 64).entries()) look(`${path}[${i}]`, entry, problems)
  }
}

export interface Fields {
  readonly [name: string]: Look
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Every field, the optional ones only where they are there; a field that nobody knows is a problem. */
export function object(fields: Fields, optional: Fields = {}): Look {
  return (path, value, problems) => {
    if (!isObject(value)) {
      problems.push({ path, message: expected("an object", value) })
      return
    }
    const at = (name: string): string => (path === "" ? name : `${path}.${name}`)
    for (const [name, look] of Object.entries(fields)) {
      if (value[name] === undefined) problems.push({ path: at(name), message: "is missing" })
      else look(at(name), value[name], problems)
    }
    for (const [name, look] of Object.entries(optional))
      if (value[name] !== undefined) look(at(name), value[name], problems)
    for (const name of Object.keys(value))
      if (!Object.hasOwn(fields, name) && !Object.hasOwn(optional, name))
        problems.push({ path: at(name), message: "is not a field of this" })
  }
}
