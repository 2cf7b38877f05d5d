import { html, nothing, type TemplateResult } from "lit-html"
import type { Refused } from "./api.ts"
import type { Words } from "./language.ts"
import type { Task } from "./task.ts"

/** What was wrong, in words, where a screen reader reads it out at once. */
export function refusal(words: Words, refused: Refused | undefined): TemplateResult {
  const text = refused && words.problems[refused.code]
  const wait = refused?.retryAfterSeconds
  return html`<p class="refusal" role="alert">
    ${text ?? nothing}${wait === undefined ? nothing : html` (${Math.ceil(wait)} s)`}
  </p>`
}

export const submitButton = (words: Words, task: Task, label: string): TemplateResult =>
  html`<button class="main" type="submit" ?disabled=${task.busy} aria-busy=${task.busy}>
    ${task.busy ? words.working : label}
  </button>`

interface FieldOptions {
  readonly type?: "text" | "password" | "tel" | "date" | "number"
  readonly hint?: string
  readonly pattern?: string
  readonly inputmode?: "numeric" | "text" | "tel"
  readonly autocomplete?: string
  readonly min?: string
  readonly max?: string
  readonly value?: string
  readonly maxlength?: number
  readonly wide?: boolean
  readonly onchange?: (value: string) => void
}

/** A labelled field that must be filled in. */
export function field(name: string, label: string, options: FieldOptions = {}): TemplateResult {
  const { type = "text", hint, pattern, inputmode, autocomplete = "off", min, max, value, maxlength = 256 } = options
  const changed = (event: Event) => options.onchange?.((event.target as HTMLInputElement).value)
  return html`<p class=${options.wide ? "field wide" : "field"}>
    <label for=${name}>${label}</label>
    <input
      id=${name}
      name=${name}
      type=${type}
      required
      maxlength=${maxlength}
      autocomplete=${autocomplete as "off"}
      spellcheck="false"
      autocapitalize="none"
      pattern=${pattern ?? nothing}
      inputmode=${inputmode ?? nothing}
      min=${min ?? nothing}
      max=${max ?? nothing}
      value=${value ?? nothing}
      aria-describedby=${hint === undefined ? nothing : `${name}-hint`}
      @change=${changed}
    />
    ${hint === undefined ? nothing : html`<span class="hint" id=${`${name}-hint`}>${hint}</span>`}
  </p>`
}

/** Runs a form without leaving the page; its fields come as text. */
export const onSubmit =
  (work: (fields: Readonly<Record<string, string>>, form: HTMLFormElement) => void) =>
  (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const fields: Record<string, string> = {}
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields[name] = value
    work(fields, form)
  }

/** Passwords and codes do not stay in the page longer than they are needed. */
export const clear = (form: HTMLFormElement): void => form.reset()

/** Something that was done. */
export const notice = (text: string | undefined): TemplateResult =>
  html`<p class="notice" role="status">${text ?? nothing}</p>`
