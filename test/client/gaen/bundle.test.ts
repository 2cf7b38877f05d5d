import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { build } from "esbuild"

/** The modules that an app gets with an entry point, without what it never uses. */
async function modulesOf(entry: string): Promise<string[]> {
  const path = fileURLToPath(new URL(`../../../src/${entry}`, import.meta.url))
  const { metafile } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(path)}`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    external: ["crypto"],
  })
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
  )
}
const ofArchives = (modules: readonly string[]) =>
  modules.filter(input => /fflate|protocol\/export|client\/gaen\/read/.test(input))

it("an app carries the reader of archives and its inflating library only if it enters by lindung/client/gaen", async () => {
  const client = await modulesOf("client/index.js")
  expect(client.some(input => input.includes("client/gaen/broadcast"))).to.equal(true)
  expect(ofArchives(client)).to.deep.equal([])
  const reader = ofArchives(await modulesOf("client/gaen/index.js"))
  for (const part of ["fflate", "protocol/export-zip", "client/gaen/read"])
    expect(
      reader.some(input => input.includes(part)),
      part,
    ).to.equal(true)
})
