// Builds the page and serves it on loopback: node examples/browser/serve.mjs DEPLOYMENT [SPEED@TIME] [PORT]
// Needs a build of lindung (npm run build) and esbuild.
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"

const file = name => fileURLToPath(new URL(name, import.meta.url))

/**
 * @param config the parsed app-config.json of a deployment
 * @param accelerate what the servers were given as --accelerate, if they were
 */
export async function servePage(config, { accelerate = "", port = 0 } = {}) {
  const made = await build({
    entryPoints: [file("app.ts")],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
  })
  const hosts = [config.server.files, config.server.uploads, config.authority.url].map(url => new URL(url).origin)
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    `connect-src 'self' ${[...new Set(hosts)].join(" ")}`,
  ].join("; ")
  const files = {
    "/": ["text/html", readFileSync(file("index.html"))],
    "/page.css": ["text/css", readFileSync(file("page.css"))],
    "/app.js": ["text/javascript", made.outputFiles[0].contents],
    "/settings.json": ["application/json", JSON.stringify({ config, accelerate })],
  }
  const server = createServer((request, response) => {
    const found = files[request.url.replace(/\?.*/, "")]
    if (found === undefined) response.writeHead(404).end()
    else response.writeHead(200, { "Content-Type": found[0], "Content-Security-Policy": policy }).end(found[1])
  })
  await new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done))
  return { server, url: `http://127.0.0.1:${server.address().port}/` }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [deployment = "deployment", accelerate = "", port = "8430"] = process.argv.slice(2)
  const config = JSON.parse(readFileSync(join(deployment, "app-config.json"), "utf8"))
  const { url } = await servePage(config, { accelerate, port: Number(port) })
  console.log(`Two windows, side by side: ${url}#anna and ${url}#ben`)
}
