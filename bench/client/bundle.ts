import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const CLIENT = `export { open } from "./dist/src/client/index.js"`
const KERNEL = /\/crypto\/kernel\//

interface Size {
  readonly name: string
  readonly bytes: number
  readonly gzipped: number
}

/** What an app's bundler makes of some code. @param without modules that are left out */
async function bundled(name: string, code: string, without?: RegExp): Promise<Size> {
  const { outputFiles } = await built(code, without)
  const bytes = outputFiles[0]!.contents
  return { name, bytes: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length }
}

const built = (code: string, without?: RegExp) =>
  build({
    stdin: { contents: code, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
    plugins: without === undefined ? [] : [leavingOut(without)],
  })

/** A package, or a folder of ours; the two largest have one within that is another matter. */
const PART = /node_modules\/((?:@[^/]+\/)?[^/]+)|dist\/(src\/(?:client\/risk|crypto\/kernel|[^/]+))/

/** What the bytes of the client are, the most first. */
export async function parts(): Promise<{ readonly name: string; readonly bytes: number }[]> {
  const { metafile } = await built(CLIENT)
  const sums = new Map<string, number>()
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, dependency, folder] = PART.exec(path) ?? []
      const name = dependency ?? folder
      if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + bytesInOutput)
    }
  return [...sums].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes)
}

/** Modules that come from elsewhere: only what imports them is bundled. */
const leavingOut = (without: RegExp) => ({
  name: "leaving-out",
  setup(building: Parameters<NonNullable<Parameters<typeof build>[0]["plugins"]>[number]["setup"]>[0]) {
    building.onResolve({ filter: /^\./ }, async ({ path, resolveDir, importer, kind, pluginData }) => {
      if (pluginData === "seen") return undefined
      const found = await building.resolve(path, { resolveDir, importer, kind, pluginData: "seen" })
      return without.test(found.path) ? { path: found.path, external: true } : undefined
    })
  },
})

/** The client with and without the matching kernel, beside what other libraries weigh. */
export async function bundles(): Promise<Size[]> {
  return [
    await bundled("open() of lindung/client, the matching kernel left out", CLIENT, KERNEL),
    await bundled("open(), with the kernel", CLIENT),
    await bundled("tweetnacl alone, of which it uses signatures and boxes", `export { default } from "tweetnacl"`),
    await bundled("zod", `export * from "zod"`),
    await bundled("protobufjs/light", `export * from "protobufjs/light.js"`),
  ]
}
