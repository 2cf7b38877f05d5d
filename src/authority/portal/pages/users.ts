import { html, nothing, type TemplateResult } from "lit-html"
import type { Answer, PostPath } from "../api.ts"
import { confirmation } from "../confirm.ts"
import { clear, field, onSubmit, refusal, submitButton } from "../form.ts"
import { Loaded } from "../loaded.ts"
import type { Page, Portal } from "../portal.ts"
import { Task } from "../task.ts"

type User = Answer<"GET", "/users">["users"][number]
type Role = User["role"]
const ROLES: readonly Role[] = ["issuer", "supervisor", "administrator"]

export function usersPage(portal: Portal): Page {
  const { words } = portal
  const task = new Task(portal.redraw)
  const loaded = new Loaded(portal, () => portal.get("/users"))
  let password: Answer<"POST", "/users"> | undefined

  const act = async (
    path: Extract<
      PostPath,
      "/users/disable" | "/users/enable" | "/users/reset-password" | "/users/reset-second-factor"
    >,
    what: string,
    name: string,
  ) => {
    if (!(await confirmation(words, words.users.sure(what, name)))) return
    await task.run(async () => {
      const answer = await portal.post(path, { name })
      password = answer ?? password
      await loaded.again()
    })
  }
  const setRole = (name: string, role: Role) =>
    task.run(async () => {
      await portal.post("/users/role", { name, role })
      await loaded.again()
    })
  const add = (name: string, role: Role, form: HTMLFormElement) =>
    task.run(async () => {
      password = await portal.post("/users", { name, role })
      clear(form)
      await loaded.again()
    })

  const factors = ({ totp, passkeys }: User): string => {
    const set = [...(totp ? [words.account.totp] : []), ...(passkeys > 0 ? [words.users.passkeys(passkeys)] : [])]
    return set.length === 0 ? words.users.none : set.join(", ")
  }
  const button = (label: string, work: () => void, of: string): TemplateResult =>
    html`<button type="button" ?disabled=${task.busy} aria-label=${`${label}: ${of}`} @click=${work}>${label}</button>`

  const row = (user: User): TemplateResult => {
    const { name, role, disabled } = user
    const chosen = (event: Event) => void setRole(name, (event.target as HTMLSelectElement).value as Role)
    return html`<tr>
      <th scope="row">${name}</th>
      <td>
        <select aria-label=${`${words.users.role}: ${name}`} ?disabled=${task.busy} @change=${chosen}>
          ${roleOptions(portal, role)}
        </select>
      </td>
      <td>
        ${disabled ? words.users.disabled : words.users.active}${user.hasOneTimePassword ? html`<br />${words.users.oneTime}` : nothing}
      </td>
      <td>${factors(user)}</td>
      <td class="day">${user.lastSignInOn ?? words.users.never}</td>
      <td class="actions">
        ${
          disabled
            ? button(words.users.enable, () => void act("/users/enable", words.users.enable, name), name)
            : button(words.users.disable, () => void act("/users/disable", words.users.disable, name), name)
        }
        ${button(words.users.resetPassword, () => void act("/users/reset-password", words.users.resetPassword, name), name)}
        ${button(words.users.resetFactor, () => void act("/users/reset-second-factor", words.users.resetFactor, name), name)}
      </td>
    </tr>`
  }

  return {
    view: () =>
      html`${refusal(words, task.refused)}
        ${password === undefined ? nothing : secret(words.users.password(password.name), password.oneTimePassword, words.users.passwordText)}
        ${loaded.view(
          ({ users }) => html`<section class="scroll" tabindex="0" aria-label=${words.pages.users}>
            <table>
              <caption>${words.pages.users}</caption>
              <thead>
                <tr>
                  ${[
                    words.users.name,
                    words.users.role,
                    words.users.state,
                    words.users.factors,
                    words.users.last,
                    words.users.actions,
                  ].map(title => html`<th scope="col">${title}</th>`)}
                </tr>
              </thead>
              <tbody>${users.map(row)}</tbody>
            </table>
          </section>`,
        )}
        <form @submit=${onSubmit(({ name = "", role = "issuer" }, form) => void add(name, role as Role, form))}>
          <h2>${words.users.add}</h2>
          ${field("name", words.users.name, { pattern: "[a-z0-9][a-z0-9._\\-]{1,63}", hint: words.users.nameHint })}
          <p class="field">
            <label for="role">${words.users.role}</label>
            <select id="role" name="role">${roleOptions(portal, "issuer")}</select>
          </p>
          ${submitButton(words, task, words.users.go)}
        </form>`,
  }
}

const roleOptions = ({ words }: Portal, chosen: Role): readonly TemplateResult[] =>
  ROLES.map(role => html`<option value=${role} ?selected=${role === chosen}>${words.roles[role]}</option>`)

/** Something that is shown this once. */
export const secret = (title: string, value: string, text: string): TemplateResult =>
  html`<section class="secret" role="status">
    <h2>${title}</h2>
    <p class="value">${value}</p>
    <p>${text}</p>
  </section>`
