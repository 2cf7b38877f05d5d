import { html, nothing, type TemplateResult } from "lit-html"
import type { Answer, Body } from "./api.ts"
import { field, refusal } from "./form.ts"
import { dayText } from "./language.ts"
import type { Portal } from "./portal.ts"
import { Task } from "./task.ts"

export type TestType = Body<"/codes">["test"]
type Contagious = Body<"/contagious-day">
type By = Contagious["by"]

const NAMES = { date: "date", onset: "onset", test: "tested" } as const

/** Which test it was, and the question from which day the patient was contagious, with the day that follows. */
export class ContagiousQuestion {
  readonly #portal: Portal
  readonly #task: Task
  #by: By = "onset"
  #test: TestType = "pcr"
  #answer: Contagious | undefined
  #computed: Answer<"POST", "/contagious-day"> | undefined

  constructor(portal: Portal) {
    this.#portal = portal
    this.#task = new Task(portal.redraw)
  }

  get test(): TestType {
    return this.#test
  }

  /** The answer as it stands; undefined until a day was given. */
  get answer(): Contagious | undefined {
    return this.#answer
  }

  #choose(by: By): void {
    this.#by = by
    this.#answer = undefined
    this.#computed = undefined
    this.#portal.redraw()
  }

  #give(day: string): void {
    this.#computed = undefined
    if (day === "") this.#answer = undefined
    else if (this.#by === "date") this.#answer = { by: "date", date: day }
    else if (this.#by === "onset") this.#answer = { by: "onset", onset: day }
    else this.#answer = { by: "test", tested: day }
    this.#portal.redraw()
    this.#compute()
  }

  /** Asks again when another day was given meanwhile: who types a date gives several on the way. */
  #compute(): void {
    const asked = this.#answer
    if (asked === undefined) return
    const work = async () => {
      const computed = await this.#portal.post("/contagious-day", asked)
      if (this.#answer === asked) this.#computed = computed
    }
    void this.#task.run(work).then(() => {
      if (this.#answer !== asked) this.#compute()
    })
  }

  view(): TemplateResult {
    const { words, session } = this.#portal
    const { contagious } = words
    const label: Readonly<Record<By, string>> = {
      onset: contagious.onset,
      test: contagious.tested,
      date: contagious.date,
    }
    const choices: readonly (readonly [By, string])[] = [
      ["onset", contagious.symptoms],
      ...(this.#test === "clinical" ? [] : [["test", contagious.none] as const]),
      ["date", contagious.known],
    ]
    return html`${testChoice(this.#portal, this.#test, test => {
      this.#test = test
      if (test === "clinical" && this.#by === "test") this.#choose("onset")
      else this.#portal.redraw()
    })}
      <fieldset>
        <legend>${contagious.question}</legend>
        ${choices.map(
          ([by, text]) => html`<label class="choice">
            <input
              type="radio"
              name="by"
              value=${by}
              .checked=${this.#by === by}
              @change=${() => this.#choose(by)}
            />${text}
          </label>`,
        )}
        ${field(NAMES[this.#by], label[this.#by], {
          type: "date",
          max: session.today,
          onchange: day => this.#give(day),
        })}
        <p class="computed" role="status">
          ${this.#computed === undefined ? nothing : contagious.computed(dayText(this.#computed.contagiousFrom, this.#portal.language))}
          ${this.#computed?.limited ? html`<span class="hint">${contagious.limited}</span>` : nothing}
        </p>
        ${refusal(words, this.#task.refused)}
      </fieldset>`
  }
}

/** Radio buttons for the kind of test. */
export const testChoice = (portal: Portal, chosen: TestType, choose: (test: TestType) => void): TemplateResult => {
  const { contagious } = portal.words
  return html`<fieldset class="row">
    <legend>${contagious.test}</legend>
    ${(Object.keys(contagious.tests) as TestType[]).map(
      test => html`<label class="choice">
        <input type="radio" name="test" value=${test} .checked=${test === chosen} @change=${() => choose(test)} />
        ${contagious.tests[test]}
      </label>`,
    )}
  </fieldset>`
}
