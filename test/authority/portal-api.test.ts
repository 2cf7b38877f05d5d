import { readFileSync } from "node:fs"
import { expect } from "chai"
import { ACTIONS, may, ROLES } from "../../src/authority/accounts/roles.ts"
import { apiMarkdown, openApi } from "../../src/authority/index.ts"

const root = new URL("../../../", import.meta.url)

/** Every $ref of a document. */
const refsIn = (document: unknown): string[] =>
  [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!)

describe("the portal's API as a document", () => {
  const document = openApi()
  const operations = Object.values(document.paths).flatMap(path => Object.values(path)) as {
    operationId: string
    responses: Record<string, unknown>
  }[]

  it("names every operation once", () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).to.equal(ids.length)
    expect(ids).to.include.members(["session", "signIn", "issueCode", "audit"])
  })

  it("refers only to schemas that it holds, and holds none that nothing refers to", () => {
    const refs = new Set(refsIn(document).map(ref => ref.replace("#/components/schemas/", "")))
    expect([...refs].sort()).to.deep.equal(Object.keys(document.components.schemas).sort())
  })

  it("says for every operation what it answers when all is well, and that the server may fail", () => {
    for (const { operationId, responses } of operations) {
      expect("200" in responses !== "204" in responses, operationId).to.equal(true)
      expect(responses, operationId).to.have.property("500")
    }
  })

  it("says for every operation that a request from elsewhere is refused", () => {
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods))
        expect(JSON.stringify(operation), `${method} ${path}`).to.include("foreign-origin")
  })

  it("is what docs/authority-api.md says", () => {
    expect(readFileSync(new URL("docs/authority-api.md", root), "utf8")).to.equal(apiMarkdown(document))
  })
})

describe("who may do what", () => {
  it("each role may all that the one before it may, and the administrator everything", () => {
    for (const action of ACTIONS) {
      const permitted = ROLES.map(role => may(role, action))
      expect([...permitted].sort(), action).to.deep.equal(permitted)
      expect(permitted.at(-1), action).to.equal(true)
    }
  })

  it("an issuer neither sees the audit log nor touches users, keys or statistics", () => {
    const allowed = ACTIONS.filter(action => may("issuer", action))
    expect(allowed).to.have.members(["issue-codes", "revoke-codes", "send-sms", "train"])
  })
})
