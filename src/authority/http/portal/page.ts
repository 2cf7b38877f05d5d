import { typeText } from "./markdown.ts"
import type { OpenApi } from "./openapi.ts"

/** Text as text, whatever stands in it. */
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, letter => `&#${letter.codePointAt(0)};`).replace(/`([^`]*)`/g, "<code>$1</code>")

interface Media {
  readonly content?: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly "x-who": string
  readonly parameters?: readonly { readonly name: string; readonly schema: Readonly<Record<string, unknown>> }[]
  readonly requestBody?: Media
  readonly responses: Readonly<Record<string, Media & { readonly description: string }>>
}

function typeOf({ content = {} }: Media): string {
  const [media] = Object.values(content)
  if (media === undefined) return ""
  const text = typeText(media.schema)
  return "$ref" in media.schema ? `<a href="#${escaped(text)}">${escaped(text)}</a>` : escaped(text)
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const query = operation.parameters?.map(({ name, schema }) => `${escaped(name)}: ${escaped(typeText(schema))}`)
  const answers = Object.entries(operation.responses).map(
    ([status, answer]) =>
      `<tr><td>${status}</td><td>${typeOf(answer)}</td><td>${escaped(answer.description)}</td></tr>`,
  )
  return `<section id="${escaped(operation.operationId)}">
<h2><span>${method.toUpperCase()}</span> ${escaped(path)}</h2>
<p>${escaped(operation.summary)}</p>
<p>Who: ${escaped(operation["x-who"])}.${operation.requestBody ? ` Takes ${typeOf(operation.requestBody)}.` : ""}${
    query ? ` Query: ${query.join(", ")}.` : ""
  }</p>
<table><thead><tr><th scope="col">status</th><th scope="col">gives</th><th scope="col">meaning</th></tr></thead>
<tbody>${answers.join("\n")}</tbody></table>
</section>`
}

const schemaHtml = ([id, schema]: [string, object]): string => {
  const { description } = schema as { description?: string }
  return `<section id="${escaped(id)}"><h3>${escaped(id)}</h3>${
    description === undefined ? "" : `<p>${escaped(description)}</p>`
  }<p class="type">${escaped(typeText(schema as Record<string, unknown>))}</p></section>`
}

export const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; margin-top: 2.5rem; overflow-wrap: anywhere }
h2 span { font-family: monospace }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886 }
code, .type { font-family: monospace; overflow-wrap: anywhere }
`

/** The document as one page: no script, no image, nothing from elsewhere. */
export function apiPage({ info, paths, components }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationHtml(method, path, operation as Operation)),
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)}</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>${escaped(info.title)}</h1><p>${escaped(info.description)}</p>
<p><a href="/v1/openapi.json">OpenAPI document</a></p>
${operations.join("\n")}
<h2>Bodies</h2>
${Object.entries(components.schemas).map(schemaHtml).join("\n")}
</main></body></html>
`
}
