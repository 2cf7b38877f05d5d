// Makes a fresh clone ready: the right Node, the locked dependencies, the compiled program.
// It needs nothing but Node and npm, and does only what has not been done.
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`lindung needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

const installed = join(root, "node_modules", ".package-lock.json")
const lock = join(root, "package-lock.json")
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.error("Installing the locked dependencies (better-sqlite3 may be compiled: about a minute) …")
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []]
  const run = spawnSync(command, [...args, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: command === "npm" && process.platform === "win32",
  })
  if (run.status !== 0) {
    console.error("The dependencies could not be installed. better-sqlite3 is compiled where no prebuilt binary")
    console.error("is reachable; that needs python3, make, a C++ compiler and Node's headers:")
    for (const tool of ["python3", "make", "g++"]) {
      const found = spawnSync(tool, ["--version"], { encoding: "utf8" })
      console.error(`  ${tool}: ${found.status === 0 ? found.stdout.split("\n")[0] : "missing"}`)
    }
    process.exit(run.status ?? 1)
  }
}

const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
const build = spawnSync(process.execPath, [tsc, "-b"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
if (build.status !== 0) process.exit(build.status ?? 1)

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
if (process.argv.includes("--verbose")) console.error(`lindung ${version} is built.`)

// The pages of the authority's portal; tsc has checked them, and makes nothing of them that a browser takes.
const pages = join(root, "src", "authority", "portal")
const page = join(root, "dist", "portal", "index.html")
const changed = readdirSync(pages, { recursive: true }).map(name => statSync(join(pages, name)).mtimeMs)
if (!existsSync(page) || statSync(page).mtimeMs < Math.max(...changed)) {
  const vite = join(root, "node_modules", "vite", "bin", "vite.js")
  const made = spawnSync(process.execPath, [vite, "build", "--config", join(pages, "vite.config.ts")], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  })
  if (made.status !== 0) process.exit(made.status ?? 1)
}
