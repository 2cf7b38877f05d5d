// Compiles the matching kernel and writes its bytes into the source tree; with --check, compares instead.
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import asc from "assemblyscript/asc"

const LIMIT = 40 * 1024
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const generated = join(root, "src", "crypto", "kernel", "wasm.generated.ts")

const files = new Map()
const { error, stderr } = await asc.main(
  [
    "src/crypto/kernel/assembly/index.ts",
    ...["--baseDir", root, "--outFile", "kernel.wasm"],
    ...["--runtime", "stub", "--enable", "simd", "-O3", "--noAssert", "--importMemory", "--initialMemory", "7"],
  ],
  { writeFile: (name, contents) => files.set(name, contents) },
)
if (error) {
  console.error(stderr.toString(), error.message)
  process.exit(1)
}
const wasm = files.get("kernel.wasm")
if (wasm.length > LIMIT) {
  console.error(`kernel: ${wasm.length} bytes are more than ${LIMIT}`)
  process.exit(1)
}
// Not base 64: its symbols do not begin where bytes do, so that a third more is left of it once it is compressed.
const text = `// Written by scripts/kernel.mjs from assembly/: ${wasm.length} bytes of WebAssembly, in hexadecimal.
export const KERNEL =
  "${Buffer.from(wasm).toString("hex")}"
`
if (!process.argv.includes("--check")) writeFileSync(generated, text)
else if (readFileSync(generated, "utf8") !== text) {
  console.error("kernel: wasm.generated.ts is not what assembly/ compiles to; run node scripts/kernel.mjs")
  process.exit(1)
}
console.log(`kernel: ${wasm.length} bytes`)
