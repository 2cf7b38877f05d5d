import { html, render } from "lit-html"
import type { Words } from "./language.ts"

/** Asks before something that cannot be undone. Escape and Cancel are no. */
export function confirmation(words: Words, question: string): Promise<boolean> {
  const dialog = document.createElement("dialog")
  document.body.append(dialog)
  return new Promise(resolve => {
    const close = (yes: boolean) => () => {
      dialog.close(yes ? "yes" : "no")
    }
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(dialog.returnValue === "yes")
    })
    render(
      html`<h2 id="confirm-title">${question}</h2>
        <button type="button" @click=${close(false)}>${words.cancel}</button>
        <button class="main" type="button" @click=${close(true)}>${words.signIn.confirm}</button>`,
      dialog,
    )
    dialog.setAttribute("aria-labelledby", "confirm-title")
    dialog.showModal()
  })
}
