import { html } from "lit-html"
import { confirmation } from "../confirm.ts"
import { clear, field, notice, onSubmit, refusal, submitButton } from "../form.ts"
import type { Page, Portal } from "../portal.ts"
import { Task } from "../task.ts"

export function revokePage(portal: Portal): Page {
  const task = new Task(portal.redraw)
  let done = false
  const revoke = async (given: string, form: HTMLFormElement) => {
    done = false
    if (!(await confirmation(portal.words, portal.words.revoke.sure))) return
    await task.run(async () => {
      await portal.post("/codes/revoke", { given })
      done = true
      clear(form)
    })
  }
  return {
    view() {
      const { words } = portal
      return html`<p>${words.revoke.intro}</p>
        <form @submit=${onSubmit(({ given = "" }, form) => void revoke(given, form))}>
          ${field("given", words.revoke.given, { maxlength: 512, wide: true })} ${refusal(words, task.refused)}
          ${notice(done ? words.revoke.done : undefined)} ${submitButton(words, task, words.revoke.go)}
        </form>`
    },
  }
}
