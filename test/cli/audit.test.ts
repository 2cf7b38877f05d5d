import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import type { TreeFiles } from "../../src/audit/index.ts"
import { directoryFiles, httpFiles } from "../../src/cli/audit/tree-files.ts"
import { encodeNoteKey } from "../../src/protocol/index.ts"
import { cleanTree, config, type Tree } from "../audit/world.ts"
import { noteKey } from "../server/world.ts"

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url))
const key = encodeNoteKey(noteKey(config))

async function listening(handler: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(handler)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const served =
  (files: ReadonlyMap<string, Uint8Array>): RequestListener =>
  (request, response) => {
    const file = files.get(request.url ?? "")
    response.statusCode = file === undefined ? 404 : 200
    response.end(file)
  }

describe("the files of an audited tree", () => {
  const files = new Map([
    ["/checkpoint", new Uint8Array(100).fill(7)],
    ["/batches/hybrid/9", new Uint8Array(200_000).fill(8)],
  ])
  let folder = ""
  const kinds: Record<string, () => Promise<{ tree: TreeFiles; close(): void }>> = {
    "in a directory": async () => {
      folder = mkdtempSync(join(tmpdir(), "lindung-tree-"))
      for (const [path, bytes] of files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), bytes)
      }
      return { tree: directoryFiles(folder), close: () => rmSync(folder, { recursive: true }) }
    },
    "behind a URL": async () => {
      const { server, url } = await listening(served(files))
      const tree = httpFiles(`${url}/`)
      return {
        tree,
        close() {
          tree.close()
          server.closeAllConnections()
          server.close()
        },
      }
    },
  }
  for (const [kind, open] of Object.entries(kinds))
    it(`${kind} are read whole, not at all, or one byte beyond the bound`, async () => {
      const { tree, close } = await open()
      try {
        for (const [path, bytes] of files) {
          expect(await tree.read(path, bytes.length)).to.deep.equal(bytes)
          expect((await tree.read(path, 50))?.length).to.equal(51)
          expect((await tree.read(path, 0))?.length).to.equal(1)
        }
        expect(await tree.read("/batches/hybrid/10", 10)).to.equal(undefined)
        expect(await tree.read("/checkpoint/x", 10)).to.equal(undefined)
      } finally {
        close()
      }
    })

  it("are no answer where a server fails: that is neither there nor gone", async () => {
    const { server, url } = await listening((_, response) => {
      response.statusCode = 503
      response.end()
    })
    const tree = httpFiles(url)
    const error = await tree.read("/checkpoint", 10).catch((reason: Error) => reason)
    tree.close()
    server.close()
    expect(error).to.be.instanceOf(Error).with.property("message").that.includes("503")
  })
})

describe("lindung audit", () => {
  let tree: Tree
  let server: Server
  let url = ""
  before(async () => {
    tree = await cleanTree(["low-cost"], 14)
    ;({ server, url } = await listening((request, response) => served(tree.files)(request, response)))
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  async function audit(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [MAIN, "audit", ...args])
    const out = { stdout: "", stderr: "" }
    child.stdout.on("data", part => {
      out.stdout += part
    })
    child.stderr.on("data", part => {
      out.stderr += part
    })
    const [status] = await once(child, "close")
    return { status, ...out }
  }
  const at = () => ["--key", key, "--at", String(tree.now)]

  it("ends with 0 and a report over HTTP when nothing is wrong", async () => {
    const { status, stdout } = await audit(url, ...at(), "--json")
    expect(status).to.equal(0)
    expect(JSON.parse(stdout)).to.deep.include({ findings: [], counts: {} })
  })

  it("ends with 1 and names what is wrong", async () => {
    const path = tree.batch(0).path
    tree.damage(path, -1)
    const { status, stdout } = await audit("log", url, ...at())
    tree.damage(path, -1)
    expect(status).to.equal(1)
    expect(stdout).to.include(`violation batch-altered: ${path}`).and.include("VIOLATIONS")
  })

  it("ends with 2 without a tree or a key, and with 3 when there is nothing to read", async () => {
    expect(await audit()).to.include({ status: 2, stdout: "" })
    expect(await audit(url)).to.include({ status: 2, stdout: "" })
    expect(await audit(`${url}/nothing`, ...at())).to.include({ status: 3, stdout: "" })
  })
})
