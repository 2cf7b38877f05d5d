import { html, nothing } from "lit-html"
import { type Answer, idempotencyKey } from "../api.ts"
import { ContagiousQuestion, type TestType, testChoice } from "../contagious.ts"
import { notice, onSubmit, refusal, submitButton } from "../form.ts"
import { IssuedCode } from "../issued.ts"
import type { Page, Portal } from "../portal.ts"
import { Task } from "../task.ts"

type Give = (key: string) => Promise<Answer<"POST", "/codes">>

/**
 * A form whose fruit is a code. The key of an order is drawn when the form is begun, and again once the patient was
 * told: however often the form is sent, there is one code.
 */
function codePage(
  portal: Portal,
  texts: { readonly intro: string; readonly go: string },
  question: () => ReturnType<Page["view"]>,
  ready: () => boolean,
  give: Give,
): Page {
  const task = new Task(portal.redraw)
  let key = idempotencyKey()
  let shown: IssuedCode | undefined
  let done = false

  const show = () => {
    const { code } = portal.waiting
    if (code === undefined) return
    shown = new IssuedCode(portal, code, () => {
      shown?.stop()
      shown = undefined
      portal.waiting.code = undefined
      key = idempotencyKey()
      done = true
      portal.redraw()
    })
    portal.redraw()
    document.getElementById("code-title")?.focus()
  }
  const issue = () =>
    task.run(async () => {
      if (!ready()) return
      const answer = await give(key)
      portal.waiting.code = { answer, expiresAtMs: performance.now() + 1000 * answer.secondsLeft }
      show()
    })

  return {
    view() {
      const { words } = portal
      if (shown !== undefined) return shown.view()
      if (portal.waiting.code !== undefined)
        return html`<section class="waiting">
          <h2>${words.issue.pending}</h2>
          <button class="main" type="button" @click=${show}>${words.issue.show}</button>
        </section>`
      if (done)
        return html`${notice(words.code.done)}
          <button class="main" type="button" @click=${portal.restart}>${words.code.next}</button>`
      return html`<p>${texts.intro}</p>
        <form @submit=${onSubmit(() => void issue())}>
          ${question()} ${refusal(words, task.refused)} ${submitButton(words, task, texts.go)}
        </form>`
    },
    leave: () => shown?.stop(),
  }
}

/** Mechanism simple: a positive result, and a code. */
export function issuePage(portal: Portal): Page {
  const question = new ContagiousQuestion(portal)
  return codePage(
    portal,
    portal.words.issue,
    () => question.view(),
    () => question.answer !== undefined,
    key => portal.post("/codes", { key, test: question.test, contagious: question.answer! }),
  )
}

/** Mechanism activated: a code at the test, which is dead. */
export function preparePage(portal: Portal): Page {
  let test: TestType = "pcr"
  const choose = (chosen: TestType) => {
    test = chosen
    portal.redraw()
  }
  return codePage(
    portal,
    portal.words.prepare,
    () => html`${testChoice(portal, test, choose)}${nothing}`,
    () => true,
    key => portal.post("/codes/prepare", { key, test }),
  )
}
