import { type Client, type Config, checkConfig, isoDay, LindungError, open, type Status } from "lindung/client"
import { indexedDBStore } from "lindung/client/indexeddb"
import { channelRadio } from "./channel-radio.ts"
import { pageClock, pageScheduler } from "./clock.ts"
import { fetchHttp } from "./fetch-http.ts"
import { type Words, wordsOf } from "./words.ts"

const DAY_MS = 86_400_000
const [NEAR, FAR] = [50, 127]

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const say = (id: string, text: string): void => {
  element(id).textContent = text
}

function show(words: Words, { tracing, exposure, report, contacts }: Status): void {
  say("contacts", words.contacts(contacts.windows))
  if (exposure.is === "exposed")
    say("exposure", exposure.days.map(({ day, score }) => words.exposed(day, Math.round(score))).join("\n"))
  else say("exposure", words[exposure.is])
  element("exposure").dataset["is"] = exposure.is
  say("report", report.is === "sent" ? words.sent : report.is === "sending" ? words.sending : "")
  element("report").dataset["is"] = report.is
  say("tracing", tracing.is === "limited" ? words.limited + tracing.by.map(({ code }) => code).join(", ") : "")
}

/** What went wrong, for the person: what to do, or that there is nothing to do. */
function complain(words: Words, error: unknown): void {
  if (!(error instanceof LindungError)) throw error
  say(
    "problem",
    error.code === "proof-invalid" ? words.code_bad : error.retry === "later" ? words.again : error.userCan,
  )
}

async function openPhone(name: string): Promise<{ client: Client; config: Config }> {
  const { config: raw, accelerate } = await (await fetch("/settings.json")).json()
  const checked = checkConfig(raw)
  if (!checked.ok) throw new Error(checked.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"))
  const clock = pageClock(accelerate)
  const near = element<HTMLInputElement>("near")
  const ready: { client?: Client } = {}
  const scheduler = pageScheduler(clock, async task => {
    // What failed is in the status, with the time of the next attempt.
    await ready.client?.run(task, { signal: new AbortController().signal }).catch(error => console.warn(String(error)))
  })
  const client = await open(checked.config, {
    clock,
    scheduler,
    radio: channelRadio(clock, () => (near.checked ? NEAR : FAR)),
    store: await indexedDBStore(`lindung ${name}`),
    http: fetchHttp,
    random: { bytes: n => crypto.getRandomValues(new Uint8Array(n)) },
    wait: clock.sleep,
  })
  ready.client = client
  element("report-form").onsubmit = event => {
    event.preventDefault()
    const proof = element<HTMLInputElement>("code").value
    const onset = isoDay(Math.floor((clock.now() - 2 * DAY_MS) / DAY_MS))
    say("problem", "")
    void client
      .prepareReport({ onset, proof, consent: { to: "health authority", at: clock.now() } })
      .then(draft => draft.submit())
      .catch(error => complain(wordsOf(document.documentElement.lang), error))
  }
  return { client, config: checked.config }
}

async function main(): Promise<void> {
  const name = location.hash.slice(1) || "anna"
  const language = new URLSearchParams(location.search).get("lang") ?? navigator.language
  document.documentElement.lang = language
  const words = wordsOf(language)
  document.title = `${words.title}: ${name}`
  say("name", document.title)
  say("near-label", words.near)
  say("look", words.look)
  say("code-label", words.code)
  say("send", words.report)
  // Two pages over one database would not see each other's writes.
  await navigator.locks.request(`lindung ${name}`, async () => {
    const { client } = await openPhone(name)
    element("look").onclick = () => {
      say("problem", "")
      void client.sync({ force: true }).then(result => {
        if (result.is === "failed") complain(words, result.error)
      })
    }
    await client.start()
    for await (const status of client.watch()) show(words, status)
  })
}

void main().catch(error => say("problem", String(error)))
