// The table of error codes in docs/embedding.md, made from src/protocol/errors.ts. A code without a line here fails.
//   node scripts/error-table.mjs          checks that the page has what this makes
//   node scripts/error-table.mjs --write  writes it
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { ERRORS } from "../dist/src/protocol/index.js"

const page = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "embedding.md")

/** What a phone never gets from its client: only `server`, for any refusal that it has no advice for. */
const SERVERS_ONLY = "Nothing: only in the answer of a server; the client reports `server`."

/** Whose fault it most likely is, and what an app says, in its own language. */
const MEANINGS = {
  network: ["the connection's", "Nothing: the next attempt comes by itself."],
  server: ["the operator's", "Nothing; after a day, “the service does not answer”."],
  "rate-limited": ["nobody's: many share an address", "Nothing: the next attempt comes by itself."],
  full: ["the operator's", "Nothing: the next attempt comes by itself."],
  "clock-skew": ["the phone's", "“The clock of this phone is wrong; please set it.”"],
  signature: [
    "the server's, or somebody between",
    "Nothing at once; if it lasts, “the service cannot be trusted now”.",
  ],
  "log-inconsistent": [
    "the server's",
    "“The service contradicts itself.” Tell the operator, with the journal and, if there is one, the proof.",
  ],
  stale: ["the operator's, or somebody holds files back", "After a day, “no news since …”."],
  "not-witnessed": [
    "the operator's, or the server shows this phone alone something",
    "After a day, “no news since …”.",
  ],
  "not-in-log": ["the server's", "As for log-inconsistent."],
  format: ["the server's, or somebody between", "Nothing: the next attempt comes by itself."],
  "wrong-length": ["the app's version", SERVERS_ONLY],
  "wrong-bucket": ["the phone's clock, or a slow request", SERVERS_ONLY],
  "wrong-type": ["the sending program's", SERVERS_ONLY],
  "too-large": ["the sending program's", SERVERS_ONLY],
  unauthorised: ["the issuing system's", SERVERS_ONLY],
  "not-found": ["the operator's, or the app's configuration", SERVERS_ONLY],
  "proof-invalid": [
    "the typist's, or the code is old or used",
    "“This code is not good. Check it, or ask for a new one.”",
  ],
  "not-published": [
    "the operator's",
    "“Your report was sent twice and has not appeared.” The health authority can help.",
  ],
  "no-keys": ["nobody's", "“There is nothing to send: nobody was near on these days.”"],
  "storage-full": ["the phone's", "“There is no space left on this phone.”"],
  "storage-corrupt": ["the phone's", "“The app's data are damaged. Please install it again.”"],
  "schema-newer": ["an older app over newer data", "“Please update the app.”"],
  "key-lost": ["the phone's", "“The key of the app's data is lost. Please install it again.”"],
  config: ["the app developer's", "Nothing: `checkConfig` finds it before the app is shipped."],
  state: ["the app developer's", "Nothing: the app called at a moment at which this cannot be done."],
  aborted: ["nobody's: the app gave up", "Nothing: it was the app's wish."],
}

const unknown = Object.keys(MEANINGS).filter(code => !(code in ERRORS))
const missing = Object.keys(ERRORS).filter(code => !(code in MEANINGS))
if (unknown.length + missing.length > 0)
  throw new Error(`error codes without a meaning: ${missing.join(", ")}; that do not exist: ${unknown.join(", ")}`)

const rows = Object.entries(ERRORS).map(([code, { title, retry, userCan }]) => {
  const [whose, say] = MEANINGS[code]
  return `| \`${code}\` | ${title} | ${whose} | \`${retry}\` | \`${userCan}\` | ${say} |`
})
const table = [
  "| code | what happened | whose fault | `retry` | `userCan` | what to tell the user |",
  "|---|---|---|---|---|---|",
  ...rows,
].join("\n")

const [open, close] = ["<!-- errors: generated -->", "<!-- end of errors -->"]
const before = readFileSync(page, "utf8")
const [from, to] = [before.indexOf(open), before.indexOf(close)]
if (from < 0 || to < from) throw new Error(`docs/embedding.md: the marks ${open} and ${close} are missing`)
const wanted = `${before.slice(0, from + open.length)}\n${table}\n${before.slice(to)}`
if (process.argv.includes("--write")) writeFileSync(page, wanted)
const isCurrent = readFileSync(page, "utf8") === wanted
if (!isCurrent) console.error("docs/embedding.md has another table of errors; run node scripts/error-table.mjs --write")
console.log(`errors: ${rows.length} codes, ${isCurrent ? "current" : "stale"}`)
process.exitCode = isCurrent ? 0 : 1
