import { startRegistration } from "@simplewebauthn/browser"
import { html, nothing, type TemplateResult } from "lit-html"
import type { Answer, Body } from "../api.ts"
import { clear, field, notice, onSubmit, refusal, submitButton } from "../form.ts"
import { Loaded } from "../loaded.ts"
import type { Page, Portal } from "../portal.ts"
import { qrPicture } from "../qr.ts"
import { Task } from "../task.ts"

type Enrolment = Answer<"POST", "/second-factors/totp">
type Removed = Body<"/second-factors/remove">["remove"]

/** Own password; also the only page there is while a one-time password has to be changed. */
export function passwordForm(portal: Portal): Page {
  const task = new Task(portal.redraw)
  let differ = false
  let changed = false
  const change = (current: string, next: string, repeat: string, form: HTMLFormElement) => {
    differ = next !== repeat
    changed = false
    if (differ) return portal.redraw()
    void task.run(async () => {
      const session = await portal.post("/password", { current, next })
      changed = true
      clear(form)
      portal.enter(session)
    })
  }
  return {
    view() {
      const { words, session } = portal
      const { account } = words
      return html`<form
        @submit=${onSubmit(({ current = "", next = "", repeat = "" }, form) => change(current, next, repeat, form))}
      >
        <h2>${account.password}</h2>
        ${session.mustChangePassword ? html`<p>${account.must}</p>` : nothing}
        ${field("current", account.current, { type: "password", autocomplete: "current-password" })}
        ${field("next", account.next, { type: "password", autocomplete: "new-password", hint: account.hint })}
        ${field("repeat", account.repeat, { type: "password", autocomplete: "new-password" })}
        <p class="refusal" role="alert">${differ ? account.differ : nothing}</p>
        ${refusal(words, task.refused)} ${notice(changed ? account.changed : undefined)}
        ${submitButton(words, task, account.go)}
      </form>`
    },
  }
}

/** Authenticator, passkeys and recovery codes. */
function factorsSection(portal: Portal): Page {
  const { words } = portal
  const { account } = words
  const task = new Task(portal.redraw)
  const loaded = new Loaded(portal, () => portal.get("/second-factors"))
  let enrolment: Enrolment | undefined
  let codes: readonly string[] | undefined
  let passkeyFailed = false

  const enrolled = async (recoveryCodes: readonly string[] | null) => {
    codes = recoveryCodes ?? codes
    enrolment = undefined
    await loaded.again()
    if (codes === undefined) portal.enter(await portal.get("/session"))
  }
  const beginTotp = (password: string) =>
    task.run(async () => {
      enrolment = await portal.post("/second-factors/totp", { password })
    })
  const confirmTotp = (code: string) =>
    task.run(async () => enrolled((await portal.post("/second-factors/totp/confirm", { code })).recoveryCodes))
  const addPasskey = (password: string, label: string) => {
    passkeyFailed = false
    return task.run(async () => {
      const options = await portal.post("/second-factors/passkey/options", { password })
      type Options = Parameters<typeof startRegistration>[0]["optionsJSON"]
      const response = await startRegistration({ optionsJSON: options as unknown as Options }).catch(() => undefined)
      passkeyFailed = response === undefined
      if (response === undefined) return
      const body = { label, response: response as unknown as Record<string, unknown> }
      await enrolled((await portal.post("/second-factors/passkey", body)).recoveryCodes)
    })
  }
  const newRecovery = (password: string) =>
    task.run(async () => {
      codes = (await portal.post("/second-factors/recovery", { password })).recoveryCodes
      await loaded.again()
    })
  const remove = (password: string, removed: Removed) =>
    task.run(async () => {
      await portal.post("/second-factors/remove", { password, remove: removed })
      await loaded.again()
    })
  const noted = async () => {
    codes = undefined
    await task.run(async () => portal.enter(await portal.get("/session")))
  }

  /** Every change asks for the password again: the form's buttons say which change it is. */
  const change = (fields: Readonly<Record<string, string>>, form: HTMLFormElement, submitter: HTMLElement | null) => {
    const { password = "", label = "" } = fields
    const what = submitter?.dataset["change"] ?? ""
    clear(form)
    if (what === "totp") void beginTotp(password)
    else if (what === "passkey") void addPasskey(password, label === "" ? account.passkeys : label)
    else if (what === "recovery") void newRecovery(password)
    else if (what === "remove-totp") void remove(password, "totp")
    else void remove(password, { passkey: what })
  }
  const button = (what: string, label: string): TemplateResult =>
    html`<button type="submit" data-change=${what} ?disabled=${task.busy}>${label}</button>`

  const present = ({ totp, passkeys, recoveryCodes }: Answer<"GET", "/second-factors">): TemplateResult =>
    html`<form
      @submit=${(event: SubmitEvent) =>
        onSubmit((fields, form) => change(fields, form, event.submitter as HTMLElement | null))(event)}
    >
      <p>${account.totp}: ${totp ? account.isSet : account.notSet}</p>
      ${
        passkeys.length === 0
          ? nothing
          : html`<h3>${account.passkeys}</h3>
              <ul>
                ${passkeys.map(({ id, label, addedOn }) => html`<li>${label} (${addedOn}) ${button(id, account.remove)}</li>`)}
              </ul>`
      }
      <p>${account.recovery}: ${account.recoveryLeft(recoveryCodes)}</p>
      ${field("password", account.confirmPassword, { type: "password", autocomplete: "current-password" })}
      <p class="field">
        <label for="label">${account.passkeyLabel}</label>
        <input id="label" name="label" maxlength="64" autocomplete="off" />
      </p>
      <p role="alert">${passkeyFailed ? words.signIn.passkeyFailed : nothing}</p>
      <p class="actions">
        ${totp ? button("remove-totp", `${account.totp}: ${account.remove}`) : button("totp", account.addTotp)}
        ${button("passkey", account.addPasskey)}
        ${totp || passkeys.length > 0 ? button("recovery", account.newRecovery) : nothing}
      </p>
    </form>`

  const authenticator = ({ secret, uri }: Enrolment): TemplateResult =>
    html`<form @submit=${onSubmit(({ code = "" }) => void confirmTotp(code))}>
      <p>${account.secret}</p>
      ${qrPicture(uri, account.qrLabel)}
      <p class="value">${secret}</p>
      ${field("code", words.signIn.totp, { inputmode: "numeric", pattern: "[0-9]{6}", autocomplete: "one-time-code", maxlength: 6 })}
      ${submitButton(words, task, words.signIn.confirm)}
    </form>`

  return {
    view() {
      if (codes !== undefined)
        return html`<section class="secret">
          <h2>${account.recovery}</h2>
          <p>${account.recoveryText}</p>
          <ul class="value">${codes.map(code => html`<li>${code}</li>`)}</ul>
          <button class="main" type="button" @click=${() => void noted()}>${account.noted}</button>
        </section>`
      return html`<section>
        <h2>${account.factors}</h2>
        ${portal.session.mustEnrol ? html`<p>${account.mustEnrol}</p>` : nothing} ${refusal(words, task.refused)}
        ${enrolment === undefined ? loaded.view(present) : authenticator(enrolment)}
      </section>`
    },
  }
}

export function accountPage(portal: Portal): Page {
  const password = passwordForm(portal)
  const factors = portal.session.mustChangePassword ? undefined : factorsSection(portal)
  const task = new Task(portal.redraw)
  const everywhere = () =>
    task.run(async () => {
      await portal.post("/sign-out-everywhere")
      portal.enter({ is: "signed-out" })
    })
  return {
    view() {
      const { words } = portal
      return html`${factors?.view() ?? nothing} ${password.view()}
        <section>
          <h2>${words.account.everywhere}</h2>
          <p>${words.account.everywhereText}</p>
          ${refusal(words, task.refused)}
          <button type="button" ?disabled=${task.busy} @click=${() => void everywhere()}>${words.account.everywhere}</button>
        </section>`
    },
  }
}
