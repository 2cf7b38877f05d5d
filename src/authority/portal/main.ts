import { html, nothing, render, type TemplateResult } from "lit-html"
import { keyed } from "lit-html/directives/keyed.js"
import {
  type Answer,
  type Body,
  type GetPath,
  get,
  type PostPath,
  post,
  Refused,
  type Session,
  type SignedIn,
} from "./api.ts"
import { refusal } from "./form.ts"
import { chosenLanguage, keepLanguage, LANGUAGES, type Language } from "./language.ts"
import { PAGES, type PageName, pagesFor } from "./pages/index.ts"
import type { Page, Portal } from "./portal.ts"
import { SignIn } from "./sign-in.ts"
import { Task } from "./task.ts"

/** The whole portal: who is signed in, which page is shown, and the frame around it. */
class App {
  readonly #root: HTMLElement
  readonly #starting = new Task(() => this.draw())
  readonly #signIn = new SignIn(
    () => this.draw(),
    session => this.enter(session),
  )
  readonly #waiting: Portal["waiting"] = { code: undefined }
  #language: Language = chosenLanguage()
  #session: Session | undefined
  #page: Page | undefined
  #shown: PageName | undefined
  /** Requests that found the session ended, waiting for the person to sign in again. */
  #resume: { readonly name: string; readonly waiting: ((again: boolean) => void)[] } | undefined

  constructor(root: HTMLElement) {
    this.#root = root
    addEventListener("hashchange", () => this.open())
    addEventListener("beforeunload", event => {
      if (this.#waiting.code !== undefined) event.preventDefault()
    })
  }

  start(): void {
    void this.#starting.run(async () => this.enter(await get("/session")))
  }

  get #words() {
    return LANGUAGES[this.#language]
  }

  /** A new session: of the person who was signed in already, or of another. */
  enter(session: Session): void {
    const before = this.#session
    const resume = this.#resume
    if (resume !== undefined && session.is === "half") {
      this.#session = session
      this.draw()
      return
    }
    this.#session = session
    if (resume !== undefined) {
      this.#resume = undefined
      const same = session.is === "signed-in" && session.name === resume.name
      if (!same) this.#leave()
      for (const go of resume.waiting) go(same)
      if (same) {
        this.draw()
        return
      }
    }
    const changed = JSON.stringify(frame(before)) !== JSON.stringify(frame(session))
    // Who was held on the own account may go on to what he came for.
    if (isHeld(before) && !isHeld(session)) history.replaceState(null, "", location.pathname)
    if (session.is !== "signed-in") this.#leave()
    else if (changed) this.open()
    this.draw()
  }

  #leave(): void {
    this.#page?.leave?.()
    this.#page = undefined
    this.#shown = undefined
    this.#waiting.code = undefined
  }

  /** Shows the page that the address names, or the first there is. */
  open(): void {
    const session = this.#session
    if (session?.is !== "signed-in") return
    const names = pagesFor(session)
    const asked = location.hash.slice(1) as PageName
    const name = names.includes(asked) ? asked : names[0]!
    if (name !== asked) history.replaceState(null, "", `#${name}`)
    this.#page?.leave?.()
    this.#shown = name
    this.#page = PAGES[name].make(this.#portal(session))
    this.draw()
    document.querySelector<HTMLElement>("h1")?.focus()
  }

  #portal(session: SignedIn): Portal {
    const app = this
    return {
      get words() {
        return app.#words
      },
      get language() {
        return app.#language
      },
      get session() {
        return app.#session?.is === "signed-in" ? app.#session : session
      },
      waiting: this.#waiting,
      redraw: () => this.draw(),
      restart: () => this.open(),
      enter: next => this.enter(next),
      get: <P extends GetPath>(path: P, query?: Readonly<Record<string, number>>): Promise<Answer<"GET", P>> =>
        this.#signedIn(() => get(path, query)),
      post: <P extends PostPath>(path: P, body?: Body<P>): Promise<Answer<"POST", P>> =>
        this.#signedIn(() => post(path, body)),
    }
  }

  /** A request; once more, with the same body, when the session had ended and the same person signed in again. */
  async #signedIn<T>(ask: () => Promise<T>): Promise<T> {
    const session = this.#session
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "signed-out" || session?.is !== "signed-in") throw error
      this.#resume ??= { name: session.name, waiting: [] }
      const { waiting } = this.#resume
      const again = new Promise<boolean>(resolve => waiting.push(resolve))
      this.draw()
      if (await again) return await ask()
      throw error
    }
  }

  #speak(language: Language): void {
    this.#language = language
    keepLanguage(language)
    this.draw()
  }

  async #signOut(): Promise<void> {
    await this.#starting.run(async () => {
      await post("/sign-out")
      this.enter({ is: "signed-out" })
    })
  }

  draw(): void {
    const words = this.#words
    document.documentElement.lang = this.#language
    document.title = `${this.#title()} · ${words.name}`
    render(this.#view(), this.#root)
    const dialog = document.querySelector<HTMLDialogElement>("#again")
    if (this.#resume !== undefined && dialog?.open === false) dialog.showModal()
    if (this.#resume === undefined && dialog?.open) dialog.close()
  }

  #title(): string {
    return this.#shown === undefined ? this.#words.signIn.title : this.#words.pages[this.#shown]
  }

  #view(): TemplateResult {
    const words = this.#words
    const session = this.#session
    const signedIn = session?.is === "signed-in" ? session : undefined
    return html`<a class="skip" href="#content" @click=${skip}>${words.skip}</a>
      <header>
        <p class="brand"><img src="./lindung.svg" alt="" width="28" height="28" /> ${words.name}</p>
        <p class="who">
          ${signedIn === undefined ? nothing : html`<b>${signedIn.name}</b> (${words.roles[signedIn.role]})`}
          ${signedIn?.may.includes("train") && !signedIn.mustChangePassword && !signedIn.mustEnrol ? this.#training(signedIn) : nothing}
          ${this.#languages()}
          ${
            signedIn === undefined
              ? nothing
              : html`<button type="button" @click=${() => void this.#signOut()}>${words.signIn.out}</button>`
          }
        </p>
      </header>
      ${signedIn?.training ? html`<p class="training" role="status">${words.training}</p>` : nothing}
      <div class="frame">
        ${signedIn === undefined ? nothing : this.#menu(signedIn)}
        <main id="content" tabindex="-1">
          <h1 tabindex="-1">${this.#title()}</h1>
          ${refusal(words, this.#starting.refused)} ${keyed(this.#page, this.#content())}
        </main>
      </div>
      <dialog id="again" aria-labelledby="again-title" @cancel=${(event: Event) => event.preventDefault()}>
        <h2 id="again-title">${words.signIn.again}</h2>
        <p>${words.signIn.againText}</p>
        ${this.#resume === undefined ? nothing : this.#signIn.view(words, this.#session?.is === "half" ? this.#session : { is: "signed-out" })}
      </dialog>`
  }

  /** What one page has in its fields is not for the next, which may be of somebody else. */
  #content(): TemplateResult {
    const words = this.#words
    if (this.#session === undefined)
      return this.#starting.busy
        ? html`<p role="status">${words.loading}</p>`
        : html`<button type="button" @click=${() => this.start()}>${words.again}</button>`
    if (this.#page !== undefined) return this.#page.view()
    return this.#signIn.view(words, this.#session)
  }

  #menu(session: SignedIn): TemplateResult {
    const words = this.#words
    return html`<nav aria-label=${words.menu}>
      <ul>
        ${pagesFor(session).map(
          name => html`<li>
            <a href=${`#${name}`} aria-current=${name === this.#shown ? "page" : nothing}>${words.pages[name]}</a>
          </li>`,
        )}
      </ul>
    </nav>`
  }

  #training(session: SignedIn): TemplateResult {
    const toggle = () => this.#starting.run(async () => this.enter(await post("/training", { on: !session.training })))
    return html`<button type="button" aria-pressed=${session.training} @click=${() => void toggle()}>
      ${session.training ? this.#words.trainingOff : this.#words.trainingOn}
    </button>`
  }

  #languages(): TemplateResult {
    return html`<span class="languages">
      ${(Object.keys(LANGUAGES) as Language[]).map(
        language => html`<button
          type="button"
          class="link"
          lang=${language}
          aria-pressed=${language === this.#language}
          @click=${() => this.#speak(language)}
        >
          ${LANGUAGES[language].language}
        </button>`,
      )}
    </span>`
  }
}

const isHeld = (session: Session | undefined): boolean =>
  session?.is === "signed-in" && (session.mustChangePassword || session.mustEnrol)

/** What of a session decides which pages there are, and what is in them. */
function frame(session: Session | undefined): unknown {
  if (session?.is !== "signed-in") return undefined
  const { name, role, mustChangePassword, mustEnrol, training, mechanism } = session
  return { name, role, mustChangePassword, mustEnrol, training, mechanism }
}

function skip(event: Event): void {
  event.preventDefault()
  document.getElementById("content")?.focus()
}

new App(document.getElementById("portal")!).start()
