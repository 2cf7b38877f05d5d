import { startAuthentication } from "@simplewebauthn/browser"
import { html, nothing, type TemplateResult } from "lit-html"
import { post, type Session } from "./api.ts"
import { clear, field, onSubmit, refusal, submitButton } from "./form.ts"
import type { Words } from "./language.ts"
import { Task } from "./task.ts"

type Half = Extract<Session, { is: "half" }>

/** Name and password, then the second factor. */
export class SignIn {
  readonly #task: Task
  readonly #enter: (session: Session) => void
  readonly #redraw: () => void
  #recovery = false
  #passkeyFailed = false

  constructor(redraw: () => void, enter: (session: Session) => void) {
    this.#redraw = redraw
    this.#enter = enter
    this.#task = new Task(redraw)
  }

  #send(form: HTMLFormElement | undefined, ask: () => Promise<Session>): void {
    void this.#task.run(async () => {
      const session = await ask()
      if (form !== undefined) clear(form)
      this.#enter(session)
    })
  }

  async #passkey(): Promise<void> {
    this.#passkeyFailed = false
    await this.#task.run(async () => {
      const options = await post("/sign-in/passkey/options")
      type Options = Parameters<typeof startAuthentication>[0]["optionsJSON"]
      const response = await startAuthentication({ optionsJSON: options as unknown as Options }).catch(() => undefined)
      this.#passkeyFailed = response === undefined
      if (response === undefined) return
      this.#enter(await post("/sign-in/passkey", { response: response as unknown as Record<string, unknown> }))
    })
  }

  view(words: Words, session: Session): TemplateResult {
    return session.is === "half" ? this.#second(words, session) : this.#first(words)
  }

  #first(words: Words): TemplateResult {
    return html`<form
      @submit=${onSubmit(({ name = "", password = "" }, form) => this.#send(form, () => post("/sign-in", { name, password })))}
    >
      ${field("name", words.signIn.name, { autocomplete: "username", maxlength: 64 })}
      ${field("password", words.signIn.password, { type: "password", autocomplete: "current-password" })}
      ${refusal(words, this.#task.refused)} ${submitButton(words, this.#task, words.signIn.go)}
    </form>`
  }

  #second(words: Words, { factors }: Half): TemplateResult {
    const { signIn } = words
    const byCode = this.#recovery || !factors.includes("totp")
    const useRecovery = () => {
      this.#recovery = true
      this.#redraw()
    }
    const totp = html`<form @submit=${onSubmit(({ code = "" }, form) => this.#send(form, () => post("/sign-in/totp", { code })))}>
      ${field("code", signIn.totp, { inputmode: "numeric", pattern: "[0-9]{6}", autocomplete: "one-time-code", maxlength: 6 })}
      ${refusal(words, this.#task.refused)} ${submitButton(words, this.#task, signIn.confirm)}
    </form>`
    const recovery = html`<form
      @submit=${onSubmit(({ recovery = "" }, form) => this.#send(form, () => post("/sign-in/recovery", { code: recovery })))}
    >
      ${field("recovery", signIn.recovery, { maxlength: 64 })} ${refusal(words, this.#task.refused)}
      ${submitButton(words, this.#task, signIn.confirm)}
    </form>`
    const showsRecovery = byCode && (this.#recovery || factors.every(factor => factor === "recovery"))
    return html`<h2>${signIn.second}</h2>
      ${
        factors.includes("passkey")
          ? html`<p>
              <button type="button" ?disabled=${this.#task.busy} @click=${() => void this.#passkey()}>${signIn.passkey}</button>
              <span role="alert">${this.#passkeyFailed ? signIn.passkeyFailed : nothing}</span>
            </p>`
          : nothing
      }
      ${showsRecovery ? recovery : byCode ? nothing : totp}
      ${
        !showsRecovery && factors.includes("recovery")
          ? html`<p><button type="button" class="link" @click=${useRecovery}>${signIn.useRecovery}</button></p>`
          : nothing
      }`
  }
}
