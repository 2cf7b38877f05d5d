// The picture of the import map in docs/architecture.md, drawn from the imports themselves, for light and dark pages.
//   node scripts/architecture.mjs          checks that docs/architecture*.svg are what the imports give
//   node scripts/architecture.mjs --write  writes them
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { cruise } from "dependency-cruiser"
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config"
import config from "../.dependency-cruiser.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

/** From those who know everything down to those who know nothing; the roles of the protocol stand side by side. */
const STOREYS = [
  ["cli"],
  ["simulator"],
  ["client", "server", "authority", "witness", "audit"],
  ["protocol"],
  ["crypto"],
]
const WHAT = {
  cli: "clock, dice, sockets, files",
  simulator: "many phones, one virtual clock",
  client: "the library of apps",
  server: "ingest, publisher, log",
  authority: "codes and tokens",
  witness: "cosigns, mirrors",
  audit: "checks from outside",
  protocol: "formats, parameters, errors",
  crypto: "bytes in, bytes out",
}

const { output } = await cruise(["src"], config.options, config.options.enhancedResolveOptions, {
  tsConfig: extractTSConfig(config.options.tsConfig.fileName),
})
const folderOf = path => /^src\/([^/]+)\//.exec(path)?.[1]
const files = new Set()
/** `client protocol` for each folder that imports another. How often is not drawn: it changes with every day's work. */
const imports = new Set()
for (const { source, dependencies } of output.modules) {
  const from = folderOf(source)
  if (from === undefined) continue
  files.add(from)
  for (const { resolved } of dependencies) {
    const to = folderOf(resolved)
    if (to === undefined || to === from) continue
    imports.add(`${from} ${to}`)
  }
}
const unknown = [...files].filter(folder => !STOREYS.flat().includes(folder))
if (unknown.length > 0 || files.size < STOREYS.flat().length)
  throw new Error(`folders of src: ${[...files].join(", ")}; the picture has ${STOREYS.flat().join(", ")}`)

const LIGHT = { paper: "#ffffff", ink: "#1f2328", faint: "#59636e", box: "#f6f8fa", edge: "#0969da" }
const DARK = { paper: "#0d1117", ink: "#e6edf3", faint: "#9198a1", box: "#1c2128", edge: "#58a6ff" }
const [WIDTH, BOX, HEIGHT, STOREY, LINE] = [1000, 184, 74, 128, 15]

const places = new Map(
  STOREYS.flatMap((names, storey) =>
    names.map((name, i) => {
      const gap = (WIDTH - names.length * BOX) / (names.length + 1)
      // The two upper storeys stand apart, so that what leads past one of them can be seen.
      const x = storey === 0 ? 60 : storey === 1 ? 330 : storey > 2 ? 560 - 200 * (storey - 3) : gap + i * (BOX + gap)
      return [name, { x, y: 16 + storey * STOREY }]
    }),
  ),
)

function edge(key, colours) {
  const [from, to] = key.split(" ").map(name => places.get(name))
  const [x, y, toX, toY] = [from.x + BOX / 2, from.y + HEIGHT, to.x + BOX / 2, to.y]
  const middle = (y + toY) / 2
  return `<path d="M${x} ${y}C${x} ${middle} ${toX} ${middle} ${toX} ${toY}" fill="none" stroke="${colours.edge}" stroke-opacity="0.55" stroke-width="1.8"><title>${key.replace(" ", " imports ")}</title></path>`
}

function box(name, colours) {
  const { x, y } = places.get(name)
  const into = STOREYS.flat().flatMap(to => (imports.has(`${name} ${to}`) ? [to] : []))
  const half = into.length > 4 ? Math.ceil(into.length / 2) : into.length
  const lines = [into.slice(0, half), into.slice(half)].filter(part => part.length > 0).map(part => part.join(", "))
  const words = [
    `<text x="${x + 8}" y="${y + 18}" font-weight="600" font-size="13">src/${name}</text>`,
    `<text x="${x + 8}" y="${y + 18 + LINE}" fill="${colours.faint}">${WHAT[name]}</text>`,
    ...lines.map((line, i) => `<text x="${x + 8}" y="${y + 20 + LINE * (i + 2)}" font-size="9.5">${line}</text>`),
  ]
  return `<rect x="${x}" y="${y}" width="${BOX}" height="${HEIGHT}" rx="6" fill="${colours.box}" stroke="${colours.faint}"/>\n${words.join("\n")}`
}

function svg(colours) {
  const height = STOREYS.length * STOREY - (STOREY - HEIGHT) + 32
  const edges = [...imports].sort()
  const said = edges.map(key => key.replace(" ", " imports ")).join("; ")
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="11" fill="${colours.ink}">
<title id="title">Which folder imports which</title>
<desc id="desc">All imports lead downwards. ${said}.</desc>
<rect width="${WIDTH}" height="${height}" fill="${colours.paper}"/>
${edges.map(one => edge(one, colours)).join("\n")}
${STOREYS.flat()
  .map(name => box(name, colours))
  .join("\n")}
</svg>
`
}

const pictures = [
  ["architecture.svg", svg(LIGHT)],
  ["architecture-dark.svg", svg(DARK)],
]
if (process.argv.includes("--write"))
  for (const [name, content] of pictures) writeFileSync(join(root, "docs", name), content)
const read = name => {
  try {
    return readFileSync(join(root, "docs", name), "utf8")
  } catch {
    return ""
  }
}
const stale = pictures.filter(([name, content]) => read(name) !== content)
for (const [name] of stale)
  console.error(`docs/${name} is not what the imports give; run scripts/architecture.mjs --write`)
console.log(`architecture: ${files.size} folders, ${imports.size} arrows, ${stale.length} stale pictures`)
process.exitCode = stale.length === 0 ? 0 : 1
