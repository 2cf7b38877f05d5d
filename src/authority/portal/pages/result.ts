import { html, type TemplateResult } from "lit-html"
import type { Answer } from "../api.ts"
import { ContagiousQuestion } from "../contagious.ts"
import { field, notice, onSubmit, refusal, submitButton } from "../form.ts"
import { dayText } from "../language.ts"
import type { Page, Portal } from "../portal.ts"
import { ScannedText } from "../scan.ts"
import { Task } from "../task.ts"

/** A positive result for what was handed over or shown at the test. */
function resultPage(
  portal: Portal,
  texts: { readonly intro: string; readonly go: string; readonly done: string },
  given: () => TemplateResult,
  permit: (
    fields: Readonly<Record<string, string>>,
    question: ContagiousQuestion,
  ) => Promise<Answer<"POST", "/codes/activate">>,
  leave: () => void = () => {},
): Page {
  const task = new Task(portal.redraw)
  const question = new ContagiousQuestion(portal)
  let permitted: Answer<"POST", "/codes/activate"> | undefined
  const send = (fields: Readonly<Record<string, string>>) =>
    task.run(async () => {
      if (question.answer === undefined) return
      permitted = await permit(fields, question)
      leave()
    })
  return {
    view() {
      const { words, language } = portal
      if (permitted !== undefined)
        return html`${notice(texts.done)}
          <p>${words.contagious.computed(dayText(permitted.contagiousFrom, language))}</p>
          <button class="main" type="button" @click=${portal.restart}>${words.code.next}</button>`
      return html`<p>${texts.intro}</p>
        <form @submit=${onSubmit(fields => void send(fields))}>
          ${given()} ${question.view()} ${refusal(words, task.refused)} ${submitButton(words, task, texts.go)}
        </form>`
    },
    leave,
  }
}

/** Mechanism activated: the code that was handed over at the test becomes good. */
export function activatePage(portal: Portal): Page {
  const { activate } = portal.words
  return resultPage(
    portal,
    activate,
    () => field("code", activate.code, { maxlength: 64, wide: true }),
    ({ code = "" }, { test, answer }) => portal.post("/codes/activate", { code, test, contagious: answer! }),
  )
}

/** Mechanism data-bound: the commitment that the phone showed at the test is signed. */
export function signPage(portal: Portal): Page {
  const scanned = new ScannedText(portal)
  return resultPage(
    portal,
    portal.words.sign,
    () => scanned.view(),
    ({ scanned = "" }, { test, answer }) => portal.post("/commitments", { scanned, test, contagious: answer! }),
    () => scanned.stop(),
  )
}
