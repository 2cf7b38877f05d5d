import { html, nothing } from "lit-html"
import type { Answer } from "../api.ts"
import { Loaded } from "../loaded.ts"
import type { Page, Portal } from "../portal.ts"

type AuditPage = Answer<"GET", "/audit">

export function auditPage(portal: Portal): Page {
  let rows: AuditPage["rows"] = []
  let before: number | undefined
  const loaded = new Loaded(portal, async () => {
    const page = await portal.get("/audit", before === undefined ? {} : { before })
    rows = [...rows, ...page.rows]
    return page
  })
  return {
    view() {
      const { audit } = portal.words
      return loaded.view(page => {
        const older = () => {
          before = page.before ?? undefined
          void loaded.again()
        }
        return html`<p>${audit.headText}</p>
          <p class="hash">${audit.head(page.head.number, page.head.hash)}</p>
          <section class="scroll" tabindex="0" aria-label=${portal.words.pages.audit}>
            <table>
              <caption>${portal.words.pages.audit}</caption>
              <thead>
                <tr>
                  ${[audit.number, audit.at, audit.who, audit.what, audit.count].map(name => html`<th scope="col">${name}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  ({ number, at, who, what, count }) => html`<tr>
                    <td class="number">${number}</td>
                    <td>${at.replace("T", " ").replace("Z", "")}</td>
                    <td>${who}</td>
                    <td>${what}</td>
                    <td class="number">${count}</td>
                  </tr>`,
                )}
              </tbody>
            </table>
          </section>
          ${page.before === null ? nothing : html`<button type="button" @click=${older}>${audit.more}</button>`}`
      })
    },
  }
}
