import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

export interface Site {
  readonly url: string
  close(): Promise<void>
}

/** Serves the app's page on loopback, of an origin of its own, with a policy that lets it reach nobody but `services`. */
export async function openSite(services: readonly string[]): Promise<Site> {
  const made = await build({
    entryPoints: [fileURLToPath(new URL("page.js", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
  })
  const script = made.outputFiles[0]!.contents
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src ${services.join(" ")}`
  const files = new Map<string | undefined, readonly [type: string, body: string | Uint8Array]>([
    ["/", ["text/html", '<!doctype html><meta charset="utf-8"><title>phone</title><script src="/page.js"></script>']],
    ["/page.js", ["text/javascript", script]],
  ])
  const server = createServer((request, response) => {
    const file = files.get(request.url)
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { "Content-Type": file[0], "Content-Security-Policy": policy }).end(file[1])
  })
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
