import { expect } from "chai"
import { portalConfigFrom } from "../../src/authority/index.ts"

function messageFor(environment: Record<string, string>): string {
  try {
    portalConfigFrom(environment)
  } catch (error) {
    expect(error).to.include({ code: "config" })
    return (error as Error).message
  }
  return "accepted"
}

describe("the portal's configuration", () => {
  it("has a default for all but the address, and argon2id costs what OWASP asks for", () => {
    const config = portalConfigFrom({ PATH: "/bin", LINDUNG_AUTHORITY_HASH_KEY: "x" })
    expect(config).to.include({ ARGON2_MEMORY_KIB: 19_456, ARGON2_PASSES: 2, ARGON2_PARALLELISM: 1 })
    expect(config).to.include({ SECOND_FACTOR_FROM: "administrator", IDLE_MINUTES: 30, SESSION_HOURS: 10 })
    expect(config).to.not.have.property("ORIGIN")
  })

  it("takes an address with TLS, or without it of the same machine", () => {
    for (const origin of [
      "https://codes.example",
      "https://codes.example:8443",
      "http://localhost:8421",
      "http://127.0.0.1",
    ])
      expect(messageFor({ LINDUNG_PORTAL_ORIGIN: origin }), origin).to.equal("accepted")
    for (const origin of [
      "http://codes.example",
      "https://codes.example/",
      "https://codes.example/portal",
      "https://user@codes.example",
      "codes.example",
      "javascript:alert(1)",
      "null",
      "",
    ])
      expect(messageFor({ LINDUNG_PORTAL_ORIGIN: origin }), origin).to.include("LINDUNG_PORTAL_ORIGIN: ")
  })

  for (const [name, wrong] of [
    ["IDLE_MINUTES", ["0", "721", "x"]],
    ["SESSION_HOURS", ["0", "25", "1.5"]],
    ["SECOND_FACTOR_FROM", ["nobody", ""]],
    ["ARGON2_MEMORY_KIB", ["7", "x"]],
    ["SMS_URL", ["gateway", "ftp://gateway.example", "file:///etc/passwd"]],
    ["SMS_BODY", ["{number} {text}", '{"to":"{number}"}']],
    ["SMS_TEXT_EN", ["without a code"]],
    ["SMS_TEXT", ["{code}"]],
  ] as const)
    for (const value of wrong)
      it(`refuses ${name}=${value}`, () => {
        expect(messageFor({ [`LINDUNG_PORTAL_${name}`]: value })).to.include(`LINDUNG_PORTAL_${name}: `)
      })
})
