import { html, svg, type TemplateResult } from "lit-html"
import type { Answer } from "../api.ts"
import { dayText } from "../language.ts"
import { Loaded } from "../loaded.ts"
import type { Page, Portal } from "../portal.ts"

type Statistics = Answer<"GET", "/statistics">
type DayOf = Statistics["days"][number]

const COUNTS = ["issued", "activated", "signed", "revoked"] as const
const LENGTHS = [7, 30, 90] as const

/** Permissions of a day: codes that were issued alive, activated, or signed. */
function given({ issued, activated, signed }: DayOf): number | null {
  if (issued === null || activated === null || signed === null) return null
  return issued + activated + signed
}

const [BAR, GAP, HEIGHT] = [10, 2, 80]

/** Bars; a withheld number is a short one of another shade, which says no more than the table. */
function chart({ days, suppressedBelow }: Statistics, label: string): TemplateResult {
  const most = Math.max(suppressedBelow, 1, ...days.map(day => given(day) ?? 0))
  const width = days.length * (BAR + GAP)
  return html`<svg class="chart" role="img" aria-label=${label} viewBox=${`0 0 ${width} ${HEIGHT}`}>
    ${days.map((day, at) => {
      const count = given(day)
      const height = ((count ?? suppressedBelow / 2) / most) * HEIGHT
      return svg`<rect class=${count === null ? "few" : "bar"} x=${at * (BAR + GAP)} y=${HEIGHT - height} width=${BAR} height=${height}></rect>`
    })}
  </svg>`
}

export function statisticsPage(portal: Portal): Page {
  let length: number = 30
  const loaded = new Loaded(portal, () => portal.get("/statistics", { days: length }))
  const choose = (event: Event) => {
    length = Number((event.target as HTMLSelectElement).value)
    void loaded.again()
  }
  return {
    view() {
      const { statistics } = portal.words
      return html`<p class="field">
          <label for="days">${statistics.days}</label>
          <select id="days" @change=${choose}>
            ${LENGTHS.map(days => html`<option value=${days} ?selected=${days === length}>${days}</option>`)}
          </select>
        </p>
        ${loaded.view(
          of => html`<p>${statistics.note(of.suppressedBelow)}</p>
            ${chart(of, statistics.chart)}
            <section class="scroll" tabindex="0" aria-label=${statistics.chart}>
              <table>
                <caption>${statistics.chart}</caption>
                <thead>
                  <tr>
                    <th scope="col">${statistics.day}</th>
                    ${COUNTS.map(name => html`<th scope="col">${statistics[name]}</th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${of.days.map(
                    day => html`<tr>
                      <th scope="row">${dayText(day.day, portal.language)}</th>
                      ${COUNTS.map(name => html`<td class="number">${day[name] ?? statistics.few(of.suppressedBelow)}</td>`)}
                    </tr>`,
                  )}
                </tbody>
              </table>
            </section>`,
        )}`
    },
  }
}
