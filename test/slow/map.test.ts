import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"

const root = fileURLToPath(new URL("../../../", import.meta.url))

interface Check {
  readonly code: number
  readonly said: string
}

/** Runs the map check of a repository. */
function check(where: string): Promise<Check> {
  return new Promise(resolve => {
    execFile(process.execPath, ["scripts/map.mjs"], { cwd: where }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr })
    })
  })
}

/** A model of the house that keeps the map: every folder with its door, and three rooms. */
const lawful: Record<string, string> = Object.fromEntries([
  ...["crypto", "protocol", "client", "server", "authority", "witness", "audit", "simulator", "cli"].map(folder => [
    `src/${folder}/index.ts`,
    folder === "crypto" ? 'import "./hash.ts"' : 'import "../crypto/index.ts"',
  ]),
  ["src/crypto/hash.ts", 'import "tweetnacl"'],
  ["src/cli/main.ts", 'import "commander"'],
])

/** One module for each way to break the map, and the rule that forbids it. */
const trespassers: Record<string, [text: string, broken: string]> = {
  "src/crypto/upward.ts": ['import "../protocol/index.ts"', "crypto-imports-downward"],
  "src/crypto/types.ts": ['import type {} from "../client/index.ts"', "crypto-imports-downward"],
  "src/crypto/later.ts": ['export const later = () => import("../server/index.ts")', "crypto-imports-downward"],
  "src/crypto/platform.ts": ['import "node:fs"', "packages-of-src-crypto"],
  "src/crypto/stranger.ts": ['import "commander"', "packages-of-src-crypto"],
  "src/protocol/primitive.ts": ['import "tweetnacl"', "packages-of-src-protocol"],
  "src/protocol/window.ts": ['import "../crypto/hash.ts"', "folders-are-entered-through-index"],
  "src/client/server.ts": ['import "../server/index.ts"', "client-imports-downward"],
  "src/server/client.ts": ['import "../client/index.ts"', "server-imports-downward"],
  "src/server/authority.ts": ['import "../authority/index.ts"', "server-imports-downward"],
  "src/audit/server.ts": ['import "../server/index.ts"', "audit-imports-downward"],
  "src/simulator/command.ts": ['import "../cli/main.ts"', "nobody-imports-the-cli"],
  "src/crypto/circle.ts": ['import "./circle.ts"', "no-cycles"],
  "src/cli/nowhere.ts": ['import "./no-such-file.ts"', "resolves"],
}

describe("the import map", () => {
  const places: string[] = []
  let real: Check
  let broken: Check
  let empty: Check

  /** A repository of these modules under the rules and the check of this one. */
  async function build(modules: Record<string, string>): Promise<string> {
    const place = await mkdtemp(join(tmpdir(), "lindung-map-"))
    places.push(place)
    for (const file of ["scripts/map.mjs", ".dependency-cruiser.mjs", "tsconfig.base.json", "package.json"])
      await cp(join(root, file), join(place, file))
    await symlink(join(root, "node_modules"), join(place, "node_modules"))
    for (const [path, text] of Object.entries(modules)) {
      await mkdir(dirname(join(place, path)), { recursive: true })
      await writeFile(join(place, path), `${text}\n`)
    }
    return place
  }

  before(async function () {
    this.timeout(120_000)
    const forbidden = Object.fromEntries(Object.entries(trespassers).map(([path, [text]]) => [path, text]))
    ;[real, broken, empty] = await Promise.all([
      check(root),
      build({ ...lawful, ...forbidden }).then(check),
      build({ "src/alone.ts": "export {}" }).then(check),
    ])
  })

  after(async () => {
    for (const place of places) await rm(place, { recursive: true })
  })

  it("holds, and the check has seen the modules and their imports", () => {
    const [, modules, imports] = /^map: (\d+) modules, (\d+) imports, 0 violations$/m.exec(real.said) ?? []
    expect(real.code, real.said).to.equal(0)
    expect(Number(modules)).to.be.greaterThan(0)
    expect(Number(imports)).to.be.greaterThan(0)
  })

  it("is broken by an import upward or sideways, past a door, of a foreign package, in a circle or to nowhere", () => {
    expect(broken.code).to.equal(1)
    for (const [path, [text, rule]] of Object.entries(trespassers))
      expect(
        broken.said.split("\n").filter(line => line.startsWith(`${rule}: ${path} →`)),
        `${path}: ${text}`,
      ).not.to.be.empty
  })

  it("is broken by nothing but the modules that trespass", () => {
    const named = [...broken.said.matchAll(/^[\w-]+: (\S+) → /gm)].map(([, from]) => from!)
    expect([...new Set(named)].sort()).to.deep.equal(Object.keys(trespassers).sort())
  })

  it("is not held by a check that saw nothing", () => {
    expect(empty.code).to.equal(1)
    expect(empty.said).to.include("saw almost nothing")
  })
})
