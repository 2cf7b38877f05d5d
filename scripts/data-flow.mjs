// The picture of the data flow in README.md, for light and for dark pages.
//   node scripts/data-flow.mjs          checks that docs/data-flow*.svg are what this file draws
//   node scripts/data-flow.mjs --write  writes them
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const docs = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs")

const LIGHT = {
  paper: "#ffffff",
  ink: "#1f2328",
  faint: "#59636e",
  phone: "#ddf4ff",
  server: "#f6f8fa",
  open: "#dafbe1",
  edge: "#0969da",
}
const DARK = {
  paper: "#0d1117",
  ink: "#e6edf3",
  faint: "#9198a1",
  phone: "#0c2d4f",
  server: "#1c2128",
  open: "#0f3320",
  edge: "#58a6ff",
}

const [WIDTH, HEIGHT] = [1084, 500]
const LINE = 17

/** A box: who it is, and what it knows or does, line by line. */
const BOXES = [
  {
    at: [20, 60, 264, 120],
    kind: "phone",
    name: "Anna’s phone",
    lines: [
      "draws secrets, broadcasts identifiers",
      "after a positive test, if she agrees,",
      "sends the secrets of the days on which",
      "she was contagious, and forgets them",
    ],
  },
  {
    at: [20, 340, 264, 120],
    kind: "phone",
    name: "Ben’s phone",
    lines: [
      "keeps what it heard for 14 days",
      "derives identifiers from the published",
      "secrets and compares them with these",
      "decides here whether to warn Ben",
    ],
  },
  {
    at: [456, 40, 248, 86],
    kind: "server",
    name: "Health authority",
    lines: ["signs a commitment for a good code", "sees no secret and no identifier"],
  },
  {
    at: [456, 190, 248, 86],
    kind: "server",
    name: "Ingest",
    lines: ["keeps envelopes it cannot open", "stores no address, time or order"],
  },
  {
    at: [816, 190, 248, 120],
    kind: "server",
    name: "Publisher",
    lines: [
      "opens a bucket once it is closed",
      "drops cover, checks tokens",
      "adds made-up reports, sorts",
      "destroys the bucket’s key",
    ],
  },
  {
    at: [816, 374, 248, 86],
    kind: "open",
    name: "Public files",
    lines: ["a batch every two hours, and a log", "that has a leaf for each of them"],
  },
]

/** An arrow by its points, and its label: where, anchored how, and the lines of it. */
const ARROWS = [
  {
    points: [
      [152, 180],
      [152, 340],
    ],
    both: true,
    dashed: true,
    label: [164, 256, "start", "1 radio: an identifier", "that lives 15 minutes"],
  },
  {
    points: [
      [284, 83],
      [456, 83],
    ],
    both: true,
    label: [370, 54, "middle", "2 code and commitment", "for a signed token"],
  },
  {
    points: [
      [284, 150],
      [370, 150],
      [370, 233],
      [456, 233],
    ],
    label: [380, 168, "start", "3 sealed", "envelope"],
  },
  {
    points: [
      [704, 233],
      [816, 233],
    ],
    label: [760, 206, "middle", "4 a closed", "bucket"],
  },
  {
    points: [
      [940, 310],
      [940, 374],
    ],
    label: [930, 340, "end", "5 batch, leaf,", "signed checkpoint"],
  },
  {
    points: [
      [816, 417],
      [284, 417],
    ],
    label: [550, 390, "middle", "6 every phone asks for the same files", "and gets the same bytes"],
  },
]

const COVER = ["Every phone also sends cover: steps 2 and 3 with", "made-up content, of the same lengths."]

const text = (x, y, content, attributes) => `<text x="${x}" y="${y}" ${attributes}>${content}</text>`

function box({ at: [x, y, width, height], kind, name, lines }, colours) {
  const words = lines.map((line, i) => text(x + 12, y + 44 + LINE * i, line, `fill="${colours.faint}"`))
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${colours[kind]}" stroke="${colours.faint}"/>
${text(x + 12, y + 24, name, 'font-size="15" font-weight="600"')}
${words.join("\n")}`
}

function arrow({ points, label: [x, y, anchor, ...lines], both, dashed }, colours) {
  const style = `fill="none" stroke="${colours.edge}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ""}`
  const heads = `marker-end="url(#head)"${both ? ' marker-start="url(#head)"' : ""}`
  const words = lines.map((line, i) => text(x, y + 15 * i, line, `text-anchor="${anchor}"`))
  return `<polyline points="${points.map(point => point.join(",")).join(" ")}" ${style} ${heads}/>
${words.join("\n")}`
}

function svg(colours) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="12.5" fill="${colours.ink}">
<title id="title">How data flow through lindung</title>
<desc id="desc">Phones exchange short-lived identifiers by radio. A person who tests positive exchanges a code and a commitment for a token signed by the health authority, and sends a sealed envelope to ingest, which cannot open it. When the two hours of a bucket are over, the publisher opens its envelopes, drops cover, checks tokens, adds made-up reports, sorts, publishes a batch with a leaf in a transparency log, and destroys the bucket’s key. Every phone downloads the same public files and compares them with what it heard; the warning is computed on the phone.</desc>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="${colours.edge}"/></marker></defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="${colours.paper}"/>
${ARROWS.map(one => arrow(one, colours)).join("\n")}
${BOXES.map(one => box(one, colours)).join("\n")}
${COVER.map((line, i) => text(428, 310 + LINE * i, line, `fill="${colours.faint}" font-style="italic"`)).join("\n")}
</svg>
`
}

const files = [
  ["data-flow.svg", svg(LIGHT)],
  ["data-flow-dark.svg", svg(DARK)],
]
if (process.argv.includes("--write")) for (const [name, content] of files) writeFileSync(join(docs, name), content)

function isCurrent([name, content]) {
  try {
    return readFileSync(join(docs, name), "utf8") === content
  } catch {
    return false
  }
}
const stale = files.filter(file => !isCurrent(file))
for (const [name] of stale) console.error(`docs/${name} is not what scripts/data-flow.mjs draws; run it with --write`)
console.log(`data flow: ${files.length} pictures, ${stale.length} stale`)
process.exitCode = stale.length === 0 ? 0 : 1
