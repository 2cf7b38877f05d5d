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
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
    plugins: without === undefined ? [] : [leavingOut(without)],
  })
  const bytes = outputFiles[0]!.contents
  return { name, bytes: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length }
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
