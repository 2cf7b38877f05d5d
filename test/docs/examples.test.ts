import { readFileSync } from "node:fs"
import { expect } from "chai"
import { warning } from "../../examples/node/warning.ts"
import { CONFIG } from "../client/config.ts"

const page = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8")

/** The code that a page shows, without its fences. */
const shown = (name: string): string[] =>
  [...page(name).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)

describe("the examples of the documentation", () => {
  it("warn Ben of the day on which he met Anna", async () => {
    expect(await warning(CONFIG)).to.match(/^2020-05-08: \d+(\.\d+)? minutes$/)
  })

  for (const [name, file] of [
    ["README.md", "examples/node/embed.ts"],
    ["docs/embedding.md", "examples/node/warning.ts"],
  ] as const)
    it(`${name} shows ${file}, which is compiled, to the letter`, () => {
      expect(shown(name)).to.include(page(file))
    })
})
