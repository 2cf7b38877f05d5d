import type { Setting } from "../protocol/index.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** Where a service listens and keeps its files: the matter of the program, and not of what it runs. */
export interface Place {
  readonly host: string
  readonly port: number
  /** A directory. */
  readonly data: string
}

/** The two variables that say it, and what an operator is told of them. */
export interface PlaceNames {
  readonly listen: string
  readonly listens: string
  readonly data: string
  readonly keeps: string
}

export const placeSettings = ({ listen, listens, data, keeps }: PlaceNames): readonly Setting[] => [
  {
    name: listen,
    what: listens,
    problemOf: text => (listenOn(text) === undefined ? "expected host:port" : undefined),
  },
  { name: data, what: keeps, problemOf: text => ((text ?? "") === "" ? "expected a directory" : undefined) },
]

/** The place in an environment, or what is wrong with it. */
export function placeIn(names: PlaceNames, environment: Environment): Place | { readonly problems: readonly string[] } {
  const problems = placeSettings(names).flatMap(({ name, problemOf }) => {
    const problem = problemOf(environment[name])
    return problem === undefined ? [] : [`${name}: ${problem}`]
  })
  const [at, data] = [listenOn(environment[names.listen]), environment[names.data]]
  return at === undefined || data === undefined || problems.length > 0 ? { problems } : { ...at, data }
}

/** The environment without them. */
export function withoutPlace({ listen, data }: PlaceNames, environment: Environment): Environment {
  const { [listen]: _listen, [data]: _data, ...rest } = environment
  return rest
}

function listenOn(text = ""): { host: string; port: number } | undefined {
  const [, six, four, port] = /^(?:\[([0-9a-f:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? four
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}
