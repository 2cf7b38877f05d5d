import express, { Router } from "express"
import { openApi } from "./openapi.ts"
import { apiPage, STYLE } from "./page.ts"

/** Files whose names change with their content may be kept; all others are asked for again. */
const HASHED = /[-.][A-Za-z0-9_-]{8,}\.(js|css|woff2|svg|png)$/
const FOREVER = "public, max-age=31536000, immutable"

/** The OpenAPI document, its page without a script, and the portal's own files. @param files their directory */
export function pages(files: string | undefined): Router {
  const router = Router()
  const document = openApi()
  const [text, page] = [JSON.stringify(document), apiPage(document)]
  router.get("/v1/openapi.json", (_request, response) => response.type("application/json").end(text))
  router.get("/docs/style.css", (_request, response) => response.type("text/css").end(STYLE))
  router.get("/docs", (_request, response) => response.type("text/html").end(page))
  if (files !== undefined)
    router.use(
      "/portal",
      express.static(files, {
        index: "index.html",
        dotfiles: "ignore",
        setHeaders: (response, path) => {
          response.setHeader("Cache-Control", HASHED.test(path) ? FOREVER : "no-cache")
        },
      }),
    )
  return router
}
