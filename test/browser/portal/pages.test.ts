import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import type { Browser } from "playwright-core"
import { launch } from "../neighbourhood.ts"
import { Staff } from "./staff.ts"

/** With it, a picture of every page is put there: that is how those in docs/portal are made. */
const PICTURES = process.env["LINDUNG_SCREENSHOTS"]

describe("every page of the portal", () => {
  let browser: Browser
  before(async () => {
    browser = await launch()
    if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true })
  })
  after(() => browser?.close())

  for (const [language, locale, scheme] of [
    ["en", "en-GB", "light"],
    ["ms", "ms-MY", "dark"],
  ] as const)
    for (const mechanism of ["simple", "activated", "data-bound"] as const)
      it(`is usable by everybody: ${mechanism}, ${language}, ${scheme}`, async () => {
        const staff = await Staff.open(browser, { mechanism }, locale)
        const picture = async (name: string) => {
          if (PICTURES !== undefined)
            await staff.page.screenshot({ path: join(PICTURES, `${name}-${language}.png`), fullPage: name === "code" })
        }
        await staff.page.emulateMedia({ colorScheme: scheme })
        await staff.page.goto(staff.url)
        await staff.page.locator("form").waitFor()
        expect(await staff.page.locator("html").getAttribute("lang")).to.equal(language)
        await staff.isAccessible("signing in")
        await picture("sign-in")

        await staff.world.user("siti", "administrator")
        await staff.page.locator("#name").fill("siti")
        await staff.page.locator("#password").fill("correct horse battery staple")
        await staff.page.locator("button.main").click()
        const links = staff.page.getByRole("navigation").getByRole("link")
        await links.first().waitFor()
        const names = await links.evaluateAll(all => all.map(link => link.getAttribute("href")!.slice(1)))
        expect(names).to.include.members(["revoke", "statistics", "audit", "users", "keys", "account"])
        for (const name of names) {
          await staff.page.locator(`nav a[href="#${name}"]`).click()
          await staff.page.locator(`nav a[href="#${name}"][aria-current=page]`).waitFor()
          await staff.page.waitForLoadState("networkidle")
          await staff.isAccessible(name)
          await picture(name)
        }
        if (names.includes("issue")) {
          await staff.page.locator("nav a[href='#issue']").click()
          await staff.page.locator("#onset").fill("2027-01-12")
          await staff.page.locator(".computed:has-text('2027')").waitFor()
          await staff.page.locator("button.main").click()
          await staff.page.getByTestId("code").waitFor()
          await staff.isAccessible("the code")
          await picture("code")
          await staff.page.locator("section.issued > button.main").click()
        }
        await staff.close()
      })

  it("speaks the language that was chosen, also after a reload", async () => {
    const staff = await Staff.open(browser)
    await staff.page.goto(staff.url)
    await staff.button("Bahasa Melayu").click()
    await staff.heading("Log masuk").waitFor()
    await staff.page.reload()
    await staff.heading("Log masuk").waitFor()
    await staff.button("English").click()
    await staff.heading("Sign in").waitFor()
    await staff.close()
  })

  it("says what is wrong when the password is, and does not say which of the two", async () => {
    const staff = await Staff.open(browser)
    await staff.world.user("siti")
    await staff.page.goto(staff.url)
    for (const name of ["siti", "nobody"]) {
      await staff.giveName(name, "wrong password indeed")
      await staff.page.getByText("Name, password or second factor is wrong.").waitFor()
      await staff.page.reload()
    }
    await staff.close()
  })

  it("answers with a policy that lets nothing in from elsewhere", async () => {
    const staff = await Staff.open(browser)
    const answer = await staff.page.goto(staff.url)
    const policy = answer!.headers()["content-security-policy"]!
    expect(policy).to.include("default-src 'none'").and.to.not.include("unsafe")
    expect(policy).to.include("frame-ancestors 'none'")
    const asked: string[] = []
    staff.page.on("request", request => asked.push(request.url()))
    await staff.page.reload({ waitUntil: "networkidle" })
    for (const url of asked) expect(url.startsWith(new URL(staff.url).origin), url).to.equal(true)
    await staff.close()
  })
})
