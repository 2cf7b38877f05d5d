import { html, type TemplateResult } from "lit-html"
import { refusal } from "./form.ts"
import type { Portal } from "./portal.ts"
import { Task } from "./task.ts"

/** What a page shows of the server, asked when the page opens and again when something changed. */
export class Loaded<T> {
  readonly #portal: Portal
  readonly #ask: () => Promise<T>
  readonly #task: Task
  #value: T | undefined

  constructor(portal: Portal, ask: () => Promise<T>) {
    this.#portal = portal
    this.#ask = ask
    this.#task = new Task(portal.redraw)
    void this.again()
  }

  async again(): Promise<void> {
    await this.#task.run(async () => {
      this.#value = await this.#ask()
    })
  }

  view(shown: (value: T) => TemplateResult): TemplateResult {
    const { words } = this.#portal
    if (this.#task.refused !== undefined)
      return html`${refusal(words, this.#task.refused)}
        <button type="button" @click=${() => void this.again()}>${words.again}</button>`
    return this.#value === undefined ? html`<p role="status">${words.loading}</p>` : shown(this.#value)
  }
}
