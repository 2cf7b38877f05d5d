// Looks at the package as an app would get it: packs it, installs it into an empty app, type-checks a consumer under
// three module resolutions, bundles it for a browser, runs the examples over it, and holds what the README promises
// about its size.
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { builtinModules } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createContext, runInContext } from "node:vm"
import { build } from "esbuild"

const MAX_PACKAGES = 10
const root = process.cwd()
const bin = name => join(root, "node_modules", ".bin", name)
const { name, exports } = JSON.parse(readFileSync("package.json", "utf8"))
/** The doors that run everywhere, and need nothing of Node. */
const PORTABLE = ["./crypto", "./protocol", "./client", "./client/indexeddb", "./client/gaen"].filter(
  path => path in exports,
)

let failed = 0
function say(what, ok, detail = "") {
  if (!ok) failed++
  console.log(`${ok ? "ok  " : "FAIL"} ${what}${detail && `: ${detail}`}`)
}

function run(command, args, cwd = root) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" })
  return { ok: status === 0, output: `${stdout}${stderr}`.trim(), stdout }
}

const scratch = mkdtempSync(join(tmpdir(), "lindung-package-"))
try {
  const packed = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", scratch])
  const info = Object.values(JSON.parse(packed.stdout))[0]
  const tarball = join(scratch, info.filename)
  say("packs", packed.ok, `${info.files.length} files, ${Math.round(info.size / 1024)} kB`)

  const publint = run(bin("publint"), ["--strict", tarball])
  say("publint", publint.ok, publint.ok ? "" : publint.output)
  const attw = run(bin("attw"), [tarball, "--profile", "esm-only"])
  say("are the types wrong", attw.ok, attw.ok ? "" : attw.output)

  const app = join(scratch, "app")
  mkdirSync(app)
  writeFileSync(
    join(app, "package.json"),
    JSON.stringify({ name: "app", version: "1.0.0", type: "module", private: true }),
  )
  const install = run(
    "npm",
    ["install", "--omit=optional", "--no-audit", "--no-fund", "--prefer-offline", tarball],
    app,
  )
  say("installs into an empty app", install.ok, install.ok ? "" : install.output)
  const installed = packagesIn(join(app, "node_modules"))
  say(
    `adds fewer than ${MAX_PACKAGES} packages`,
    installed.length < MAX_PACKAGES,
    `${installed.length}: ${installed.join(", ")}`,
  )
  const native = installed.filter(one => existsSync(join(app, "node_modules", one, "binding.gyp")))
  say("adds no native module", native.length === 0, native.join(", "))

  const doors = Object.keys(exports).filter(path => path !== "./package.json")
  // The server's doors show node:http types, and an app that opens them has @types/node.
  const consumer = doors.filter(path => PORTABLE.includes(path))
  const names = consumer.map(
    (path, i) =>
      `import * as door${i} from "${name}${path.slice(1)}"\nexport const n${i}: number = Object.keys(door${i}).length\n`,
  )
  writeFileSync(join(app, "consumer.ts"), names.join(""))
  for (const [module, moduleResolution] of [
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      target: "es2022",
      types: [],
      module,
      moduleResolution,
    }
    const project = {
      compilerOptions: { ...compilerOptions, lib: ["es2022", "esnext.disposable"] },
      files: ["consumer.ts"],
    }
    writeFileSync(join(app, "tsconfig.json"), JSON.stringify(project))
    const tsc = run(bin("tsc"), ["-p", "."], app)
    say(
      `a consumer type-checks under ${moduleResolution}`,
      tsc.ok,
      tsc.ok ? `${consumer.length} entry points` : tsc.output,
    )
  }

  for (const path of PORTABLE) {
    const entry = join(app, "entry.mjs")
    writeFileSync(entry, `export * from "${name}${path.slice(1)}"\n`)
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "browser",
      external: builtinModules.flatMap(one => [one, `node:${one}`]),
      logLevel: "silent",
    })
    // tweetnacl looks for node's crypto when there is no other source of randomness; this package never asks it.
    const builtins = Object.values(metafile.outputs)
      .flatMap(output => output.imports)
      .filter(({ external, kind }) => external && kind === "import-statement")
    const bytes = outputFiles[0].contents
    const requires = [...outputFiles[0].text.matchAll(/["']node:[a-z/_]+["']/g)].map(([text]) => text)
    say(
      `${path} bundles for a browser without node built-ins`,
      builtins.length + requires.length === 0,
      `${Math.round(bytes.length / 1024)} kB minified${requires.join(" ")}`,
    )
  }

  const command = join(app, "node_modules", ".bin", "lindung")
  const help = run(command, ["--help"], app)
  say("its command helps", help.ok && help.output.includes("Commands:"), help.ok ? "" : help.output)
  const early = run(command, ["serve", "deployment"], app)
  say(
    "its command says which packages a server needs",
    !early.ok && /npm install .*express@/.test(early.output) && !/^\s+at /m.test(early.output),
    early.output.split("\n")[0],
  )

  // The examples as an app's own files: they get the packed package, and nothing else of this folder. The test kit runs
  // the services, whose packages an app installs for development.
  const { devDependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"))
  for (const peer of Object.keys(peerDependencies)) {
    if (!(peer in devDependencies)) continue
    mkdirSync(dirname(join(app, "node_modules", peer)), { recursive: true })
    symlinkSync(join(root, "node_modules", peer), join(app, "node_modules", peer))
  }
  const init = run(command, ["init", "deployment"], app)
  say("its command writes a deployment", init.ok, init.ok ? "" : init.output)
  for (const name of readdirSync("examples/node")) copyFileSync(join("examples/node", name), join(app, name))
  await build({
    entryPoints: [join(app, "warning.ts")],
    outfile: join(app, "warning.mjs"),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
  })
  writeFileSync(
    join(app, "example.mjs"),
    `import { readFileSync } from "node:fs"
import { warning } from "./warning.mjs"
console.log(await warning(JSON.parse(readFileSync("deployment/app-config.json", "utf8"))))
`,
  )
  const ran = run(process.execPath, ["example.mjs"], app)
  say("examples/node warns, from the packed package", /^2020-05-08: \d+(\.\d+)? minutes$/.test(ran.output), ran.output)

  const bundled = await build({
    entryPoints: [join(app, "embed.ts")],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "example",
    logLevel: "silent",
  })
  const bare = createContext(Object.create(null))
  runInContext(bundled.outputFiles[0].text, bare)
  say(
    "examples/node/embed.ts, bundled, loads where there is the language and nothing else",
    runInContext("typeof example.embed", bare) === "function",
  )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1

function packagesIn(folder) {
  return readdirSync(folder).flatMap(one => {
    if (one.startsWith(".")) return []
    return one.startsWith("@") ? readdirSync(join(folder, one)).map(inner => `${one}/${inner}`) : [one]
  })
}
