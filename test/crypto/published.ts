import { readFileSync } from "node:fs"

/** One of the files in vectors/, as its README describes it. */
export const published = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), "utf8"))
