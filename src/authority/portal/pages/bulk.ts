import { html, nothing, type TemplateResult } from "lit-html"
import { type Answer, idempotencyKey } from "../api.ts"
import { type BulkLine, type ParsedLine, readCsv, writeCsv } from "../csv.ts"
import { field, onSubmit, refusal, submitButton } from "../form.ts"
import type { Page, Portal } from "../portal.ts"
import { Task } from "../task.ts"

/** Lines that go in one request. */
const CHUNK = 100

type Result = Answer<"POST", "/codes/bulk">["lines"][number]
type Code = Extract<Result, { ok: true }>["issued"]

/** A chunk keeps its key: sent again after a broken connection, it gives the same codes. */
interface Chunk {
  readonly key: string
  readonly lines: readonly { readonly line: number; readonly order: BulkLine }[]
}

const isBad = (line: ParsedLine): line is Extract<ParsedLine, { reason: string }> => "reason" in line

class Bulk {
  readonly bad: { line: number; reason: string }[] = []
  readonly done: { line: number; code: Code }[] = []
  readonly total: number
  readonly #chunks: Chunk[] = []
  #next = 0

  constructor(lines: readonly ParsedLine[]) {
    const good = lines.flatMap(line => (isBad(line) ? [] : [line]))
    this.bad.push(...lines.filter(isBad))
    this.total = good.length
    for (let at = 0; at < good.length; at += CHUNK)
      this.#chunks.push({ key: idempotencyKey(), lines: good.slice(at, at + CHUNK) })
  }

  get finished(): boolean {
    return this.#next === this.#chunks.length
  }

  /** Lines that were answered. */
  get answered(): number {
    return this.#chunks.slice(0, this.#next).reduce((sum, { lines }) => sum + lines.length, 0)
  }

  /** One chunk after the other, from where it stopped. */
  async go(portal: Portal): Promise<void> {
    while (!this.finished) {
      const { key, lines } = this.#chunks[this.#next]!
      const answer = await portal.post("/codes/bulk", { key, lines: lines.map(({ order }) => order) })
      for (const [at, { line }] of lines.entries()) {
        const result = answer.lines[at]!
        if (result.ok) this.done.push({ line, code: result.issued })
        else this.bad.push({ line, reason: portal.words.problems[result.code] })
      }
      this.#next++
      portal.redraw()
    }
  }
}

export function bulkPage(portal: Portal): Page {
  const { words, session } = portal
  const days = session.mechanism === "simple"
  const task = new Task(portal.redraw)
  let bulk: Bulk | undefined
  let wrong: string | undefined

  const read = async (form: HTMLFormElement) => {
    const data = new FormData(form)
    const file = data.get("file")
    if (!(file instanceof File)) return
    const bounds = { days, today: session.today, earliestDay: session.earliestDay }
    const lines = readCsv(await file.text(), Number(data.get("start")), words, bounds)
    bulk = typeof lines === "string" ? undefined : new Bulk(lines)
    wrong = typeof lines === "string" ? lines : undefined
    portal.redraw()
  }
  const go = () => task.run(async () => bulk?.go(portal))

  return {
    view: () =>
      html`<p>${words.bulk.intro}</p>
        <p>${days ? words.bulk.format : words.bulk.formatPrepared}</p>
        <form @submit=${onSubmit((_, form) => void read(form))} @input=${(event: Event) => void read(event.currentTarget as HTMLFormElement)}>
          <p class="field">
            <label for="file">${words.bulk.file}</label>
            <input id="file" name="file" type="file" accept=".csv,text/csv" required ?disabled=${task.busy || (bulk?.answered ?? 0) > 0} />
          </p>
          ${field("start", words.bulk.start, { type: "number", min: "2", value: "2", inputmode: "numeric" })}
        </form>
        <p class="refusal" role="alert">${wrong ?? nothing}</p>
        ${bulk === undefined ? nothing : progress(portal, bulk, task, () => void go())}`,
  }
}

function progress(portal: Portal, bulk: Bulk, task: Task, go: () => void): TemplateResult {
  const { words } = portal
  const { answered, total, finished } = bulk
  return html`<p role="status">${words.bulk.read(total, bulk.bad.length)}</p>
    <progress max=${Math.max(total, 1)} value=${answered} aria-label=${words.bulk.progress(answered, total)}></progress>
    <p role="status">${words.bulk.progress(answered, total)}</p>
    ${refusal(words, task.refused)}
    ${
      finished
        ? nothing
        : html`<form @submit=${onSubmit(go)}>
            ${submitButton(words, task, answered > 0 || task.refused ? words.bulk.resume : words.bulk.go)}
          </form>`
    }
    ${bulk.bad.length === 0 ? nothing : badLines(portal, bulk)} ${bulk.done.length === 0 ? nothing : codes(portal, bulk)}`
}

const badLines = ({ words }: Portal, { bad }: Bulk): TemplateResult =>
  html`<section class="scroll" tabindex="0" aria-label=${words.bulk.bad}>
    <table>
      <caption>${words.bulk.bad}</caption>
      <thead>
        <tr><th scope="col">${words.bulk.line}</th><th scope="col">${words.bulk.reason}</th></tr>
      </thead>
      <tbody>
        ${bad.map(({ line, reason }) => html`<tr><td class="number">${line}</td><td>${reason}</td></tr>`)}
      </tbody>
    </table>
  </section>`

/** The time until which a code is good. */
const minute = (unix: number): string => new Date(1000 * unix).toISOString().slice(0, 16).replace("T", " ")

function codes(portal: Portal, bulk: Bulk): TemplateResult {
  const { words } = portal
  const head = [words.bulk.line, words.bulk.code, words.bulk.from, words.bulk.expires]
  const rows = bulk.done.map(({ line, code }) => [
    String(line),
    code.grouped,
    code.contagiousFrom ?? "",
    minute(code.expiresAt),
  ])
  const save = () => {
    const url = URL.createObjectURL(new Blob([writeCsv([head, ...rows])], { type: "text/csv" }))
    const link = document.createElement("a")
    link.href = url
    link.download = "codes.csv"
    link.click()
    URL.revokeObjectURL(url)
  }
  return html`<p>${words.bulk.saveText}</p>
    <button type="button" @click=${save}>${words.bulk.save}</button>
    <section class="scroll" tabindex="0" aria-label=${words.bulk.results}>
      <table>
        <caption>${words.bulk.results}</caption>
        <thead>
          <tr>${head.map(name => html`<th scope="col">${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows.map(row => html`<tr>${row.map(cell => html`<td>${cell}</td>`)}</tr>`)}
        </tbody>
      </table>
    </section>`
}
