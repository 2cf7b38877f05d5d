import { html, nothing } from "lit-html"
import { confirmation } from "../confirm.ts"
import { clear, field, onSubmit, refusal, submitButton } from "../form.ts"
import { Loaded } from "../loaded.ts"
import type { Page, Portal } from "../portal.ts"
import { Task } from "../task.ts"
import { secret } from "./users.ts"

export function keysPage(portal: Portal): Page {
  const { words } = portal
  const task = new Task(portal.redraw)
  const loaded = new Loaded(portal, () => portal.get("/api-keys"))
  let made: string | undefined

  const add = (label: string, form: HTMLFormElement) =>
    task.run(async () => {
      made = (await portal.post("/api-keys", { label })).key
      clear(form)
      await loaded.again()
    })
  const revoke = async (id: string, label: string) => {
    if (!(await confirmation(words, words.keys.sure(label)))) return
    await task.run(async () => {
      await portal.post("/api-keys/revoke", { id })
      await loaded.again()
    })
  }

  return {
    view: () =>
      html`<p>${words.keys.intro}</p>
        ${refusal(words, task.refused)} ${made === undefined ? nothing : secret(words.keys.made, made, words.keys.intro)}
        ${loaded.view(({ keys }) =>
          keys.length === 0
            ? html`<p>${words.keys.none}</p>`
            : html`<section class="scroll" tabindex="0" aria-label=${words.pages.keys}>
                <table>
                  <caption>${words.pages.keys}</caption>
                  <thead>
                    <tr>
                      ${[words.keys.label, words.keys.id, words.keys.created, words.users.actions].map(
                        title => html`<th scope="col">${title}</th>`,
                      )}
                    </tr>
                  </thead>
                  <tbody>
                    ${keys.map(
                      ({ id, label, createdOn }) => html`<tr>
                        <th scope="row">${label}</th>
                        <td>${id}</td>
                        <td>${createdOn}</td>
                        <td>
                          <button
                            type="button"
                            ?disabled=${task.busy}
                            aria-label=${`${words.keys.revoke}: ${label}`}
                            @click=${() => void revoke(id, label)}
                          >
                            ${words.keys.revoke}
                          </button>
                        </td>
                      </tr>`,
                    )}
                  </tbody>
                </table>
              </section>`,
        )}
        <form @submit=${onSubmit(({ label = "" }, form) => void add(label, form))}>
          <h2>${words.keys.add}</h2>
          ${field("label", words.keys.label, { maxlength: 64 })} ${submitButton(words, task, words.keys.go)}
        </form>`,
  }
}
