import { html, nothing, type TemplateResult } from "lit-html"
import type { Answer, Body } from "./api.ts"
import { clear, field, notice, onSubmit, refusal, submitButton } from "./form.ts"
import { dayText, LANGUAGES, type Language, timeLeft } from "./language.ts"
import type { Issued, Portal } from "./portal.ts"
import { qrPicture } from "./qr.ts"
import { spell } from "./spelling.ts"
import { Task } from "./task.ts"

/** E.164, with the spaces and hyphens that people write into it. */
const NUMBER = "\\+[1-9][0-9 \\-]{6,20}"

/** The code as the patient gets it: large, spelled, as a QR code, by SMS; until the person says it was told. */
export class IssuedCode {
  readonly #portal: Portal
  readonly #issued: Issued
  readonly #told: () => void
  readonly #sending: Task
  readonly #clock: ReturnType<typeof setInterval>
  #language: Language
  #preview: Answer<"POST", "/sms/preview"> | undefined
  #sent = false

  constructor(portal: Portal, issued: Issued, told: () => void) {
    this.#portal = portal
    this.#issued = issued
    this.#told = told
    this.#sending = new Task(portal.redraw)
    this.#language = portal.language
    this.#clock = setInterval(portal.redraw, 1000)
    if (portal.session.sms && portal.session.may.includes("send-sms")) this.#showPreview()
  }

  stop(): void {
    clearInterval(this.#clock)
  }

  #showPreview(): void {
    const order = { language: this.#language, expiresAt: this.#issued.answer.expiresAt }
    this.#preview = undefined
    void this.#sending.run(async () => {
      this.#preview = await this.#portal.post("/sms/preview", order)
    })
  }

  #send(number: string, form: HTMLFormElement): void {
    const { code, expiresAt } = this.#issued.answer
    const order: Body<"/sms"> = { number: number.replaceAll(/[\s-]/g, ""), code, language: this.#language, expiresAt }
    void this.#sending.run(async () => {
      await this.#portal.post("/sms", order)
      this.#sent = true
      clear(form)
    })
  }

  view(): TemplateResult {
    const { words, language } = this.#portal
    const { code, grouped, contagiousFrom } = this.#issued.answer
    const left = (this.#issued.expiresAtMs - performance.now()) / 1000
    return html`<section class="issued" aria-labelledby="code-title">
      <h2 id="code-title" tabindex="-1">${words.code.title}</h2>
      <p class="code" data-testid="code">${grouped}</p>
      <p>
        ${contagiousFrom === null ? words.code.dead : words.contagious.computed(dayText(contagiousFrom, language))}
      </p>
      <p>${words.code.left}: <b>${timeLeft(left)}</b></p>
      <p class="refusal" role="alert">${left <= 0 ? words.code.expired : nothing}</p>
      <div class="pair">
        <div>
          <h3>${words.code.read}</h3>
          <ol class="spelling">
            ${spell(grouped, language).map(group => html`<li>${group}</li>`)}
          </ol>
        </div>
        <div>
          <h3>${words.code.qr}</h3>
          ${qrPicture(code, words.code.qrLabel)}
        </div>
      </div>
      ${this.#portal.session.sms ? this.#sms() : nothing}
      <p class="hint">${words.code.toldText}</p>
      <button class="main" type="button" @click=${this.#told}>${words.code.told}</button>
    </section>`
  }

  #sms(): TemplateResult {
    const { words } = this.#portal
    const choose = (event: Event) => {
      this.#language = (event.target as HTMLSelectElement).value as Language
      this.#showPreview()
    }
    return html`<form class="sms" @submit=${onSubmit(({ number = "" }, form) => this.#send(number, form))}>
      <h3>${words.sms.title}</h3>
      ${field("number", words.sms.number, { type: "tel", inputmode: "tel", pattern: NUMBER, maxlength: 24 })}
      <p class="field">
        <label for="sms-language">${words.sms.language}</label>
        <select id="sms-language" @change=${choose}>
          ${(Object.keys(LANGUAGES) as Language[]).map(
            one => html`<option value=${one} ?selected=${one === this.#language}>${LANGUAGES[one].language}</option>`,
          )}
        </select>
      </p>
      ${
        this.#preview === undefined
          ? nothing
          : html`<figure>
              <figcaption>
                ${words.sms.preview} (${words.sms.parts(this.#preview.characters, this.#preview.parts)})
              </figcaption>
              <blockquote>${this.#preview.text}</blockquote>
            </figure>`
      }
      ${refusal(words, this.#sending.refused)} ${notice(this.#sent ? words.sms.sent : undefined)}
      ${submitButton(words, this.#sending, words.sms.go)}
    </form>`
  }
}
