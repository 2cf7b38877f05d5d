import { expect } from "chai"
import type { Browser } from "playwright-core"
import { launch } from "../neighbourhood.ts"
import { eachSignedIn, Staff } from "./staff.ts"

const GROUPED = /^[0-9A-Z]{4}( |-)[0-9A-Z]{5}\1[0-9A-Z]{5}$|^[0-9A-Z]+([ -][0-9A-Z]+)+$/

describe("a nurse before the portal", () => {
  let staff: Staff
  eachSignedIn(opened => {
    staff = opened
  })

  const issue = async (day = "2027-01-12") => {
    await staff.onset(day)
    await staff.button("Issue the code").click()
  }

  it("sees the day that follows from the first symptoms, and gets a code that disappears once it was told", async () => {
    await staff.onset("2027-01-12")
    expect(await staff.page.getByText("First contagious day:").innerText()).to.match(/Sunday,? 10 January 2027/)
    await staff.button("Issue the code").click()
    const code = await staff.code()
    expect(code).to.match(GROUPED)
    expect(await staff.page.getByRole("img", { name: "QR code of the code" }).count()).to.equal(1)
    expect(await staff.page.locator(".spelling li").count()).to.equal(code.split(/[ -]/).length)
    expect(await staff.page.getByText("Time left").innerText()).to.match(/2[34]:\d\d:\d\d/)

    await staff.button("I have told the patient").click()
    await staff.button("Next patient").waitFor()
    expect(await staff.page.content()).to.not.include(code)
    expect(await staff.did("issue")).to.equal(1)
    await staff.button("Next patient").click()
    await issue("2027-01-11")
    expect(await staff.code()).to.not.equal(code)
    expect(await staff.did("issue")).to.equal(2)
  })

  it("who clicks twice gets one code", async () => {
    await staff.onset("2027-01-12")
    await staff.button("Issue the code").dblclick()
    await staff.heading("The code").waitFor()
    expect(await staff.did("issue")).to.equal(1)
  })

  it("who goes back and forward has the code still, and no second one", async () => {
    await staff.open("My account")
    await staff.open("Issue a code")
    await issue()
    const code = await staff.code()
    await staff.page.goBack()
    await staff.heading("Change the password").waitFor()
    await staff.page.goForward()
    await staff.button("Show it again").click()
    expect(await staff.code()).to.equal(code)
    expect(await staff.did("issue")).to.equal(1)
  })

  it("who was offline for a moment tries again, and gets the code once", async () => {
    await staff.onset("2027-01-12")
    await staff.context.setOffline(true)
    await staff.button("Issue the code").click()
    await staff.page.getByText("There is no connection.").waitFor()
    await staff.context.setOffline(false)
    await staff.button("Issue the code").click()
    await staff.heading("The code").waitFor()
    expect(await staff.did("issue")).to.equal(1)
  })

  it("whose answer was lost on the way gets the same code when he tries again", async () => {
    await staff.onset("2027-01-12")
    let given = ""
    await staff.page.route(
      "**/v1/portal/codes",
      async route => {
        given = ((await (await route.fetch()).json()) as { code: string }).code
        await route.abort()
      },
      { times: 1 },
    )
    await staff.button("Issue the code").click()
    await staff.page.getByText("There is no connection.").waitFor()
    await staff.button("Issue the code").click()
    expect((await staff.code()).replaceAll(/[ -]/g, "")).to.equal(given)
    expect(await staff.did("issue")).to.equal(1)
  })

  it("whose session ends in the middle signs in again, and what was typed is sent", async () => {
    await staff.onset("2027-01-12")
    staff.world.later(3600)
    await staff.button("Issue the code").click()
    await staff.heading("You have been signed out").waitFor()
    await staff.isAccessible("signing in again")
    await staff.giveName("siti")
    await staff.heading("The code").waitFor()
    expect(await staff.did("issue")).to.equal(1)
  })

  it("somebody else who signs in then begins anew: nothing of the first is sent in his name", async () => {
    await staff.world.user("ravi")
    await staff.onset("2027-01-12")
    staff.world.later(3600)
    await staff.button("Issue the code").click()
    await staff.heading("You have been signed out").waitFor()
    await staff.giveName("ravi")
    await staff.page.getByText("ravi", { exact: true }).waitFor()
    expect(await staff.did("issue")).to.equal(0)
    expect(await staff.field("Day of the first symptoms").inputValue()).to.equal("")
  })

  it("is told what is wrong with a day, and makes no code of it", async () => {
    for (const day of ["2026-12-20", "2027-01-16"]) {
      await staff.page.evaluate(() => document.querySelector("input[type=date]")?.removeAttribute("max"))
      await staff.field("Day of the first symptoms").fill(day)
      await staff.button("Issue the code").click()
      await staff.page.getByText("The day must not lie in the future").first().waitFor()
    }
    expect(await staff.did("issue")).to.equal(0)
  })

  it("practises: a banner says so, a code comes, and nothing is written down as issued", async () => {
    await staff.button("Practise").click()
    await staff.page.getByText("Training: nothing here is real.").waitFor()
    await issue()
    const code = await staff.code()
    expect(code).to.match(GROUPED)
    expect(await staff.did("issue")).to.equal(0)
    await staff.button("I have told the patient").click()
    await staff.button("End training").click()
    await staff.page.getByText("Training: nothing here is real.").waitFor({ state: "detached" })
  })

  it("revokes a code, after being asked; a wrong symbol is refused", async () => {
    await issue()
    const code = await staff.code()
    await staff.button("I have told the patient").click()
    await staff.open("Revoke")
    const given = staff.field("The code, or the text of the phone’s QR code")
    await given.fill("AAAA-AAAAA-AAAAB")
    await staff.button("Revoke").click()
    await staff.button("Confirm").click()
    await staff.page.getByText("This is not a code").waitFor()
    await given.fill(code.toLowerCase())
    await staff.button("Revoke").click()
    await staff.button("Cancel").click()
    expect(await staff.did("revoke")).to.equal(0)
    await staff.button("Revoke").click()
    await staff.button("Confirm").click()
    await staff.page.getByText("It is void.").waitFor()
    expect(await staff.did("revoke")).to.equal(1)
  })

  it("does all of it by keyboard", async () => {
    await staff.page.reload()
    const press = (key: string) => staff.page.keyboard.press(key)
    const focused = () =>
      staff.page.evaluate(
        () => document.activeElement?.getAttribute("name") ?? document.activeElement?.textContent?.trim(),
      )
    const tabTo = async (what: string) => {
      for (let presses = 0; presses < 40 && (await focused()) !== what; presses++) await press("Tab")
      expect(await focused()).to.equal(what)
    }
    await staff.button("Issue the code").waitFor()
    await tabTo("by")
    // The third of the answers: I know the day.
    for (const key of ["ArrowDown", "ArrowDown", "Tab"]) await press(key)
    expect(await focused()).to.equal("date")
    // The first of January, in whichever order the browser's language asks for day and month.
    await staff.page.keyboard.type("01012027")
    await press("Tab")
    await staff.page.getByText("First contagious day:").waitFor()
    await tabTo("Issue the code")
    await press("Enter")
    await staff.heading("The code").waitFor()
    await tabTo("I have told the patient")
    await press("Enter")
    await staff.button("Next patient").waitFor()
  })
})

describe("a nurse where codes go another way", () => {
  let browser: Browser
  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())

  it("activated: hands over a dead code, and activates it with the result", async () => {
    const staff = await Staff.open(browser, { mechanism: "activated" })
    await staff.signIn()
    await staff.open("Code for a test")
    await staff.button("Make the code").click()
    const code = await staff.code()
    await staff.page.getByText("It is dead until it is activated.").waitFor()
    await staff.button("I have told the patient").click()

    await staff.open("Activate a code")
    const field = staff.field("The code that was handed over")
    // O for 0 is how people write it down.
    await field.fill(code.replaceAll("0", "O").toLowerCase())
    await staff.onset("2027-01-12")
    await staff.button("Activate").click()
    await staff.page.getByText("Activated. The patient’s phone can use it now.").waitFor()
    expect(await staff.did("activate")).to.equal(1)
    await staff.close()
  })

  it("data-bound: refuses a text that is no phone’s", async () => {
    const staff = await Staff.open(browser, { mechanism: "data-bound" })
    await staff.signIn()
    await staff.field("Text of the QR code on the phone").fill("<b>hello</b>")
    await staff.onset("2027-01-12")
    await staff.button("Sign").click()
    await staff.page.getByText("This is not a code").waitFor()
    expect(await staff.did("sign")).to.equal(0)
    await staff.close()
  })

  it("by SMS: shows the message with dots in place of the code, and sends it", async () => {
    const sent: { number: string; text: string }[] = []
    const sms = {
      async send(number: string, text: string) {
        sent.push({ number, text })
      },
    }
    const staff = await Staff.open(browser, { sms })
    await staff.signIn()
    await staff.onset("2027-01-12")
    await staff.button("Issue the code").click()
    const code = await staff.code()
    const preview = await staff.page.locator("blockquote").innerText()
    expect(preview).to.not.include(code)
    await staff.field("Telephone number, with + and the country").fill("+60 12-345 6789")
    await staff.button("Send").click()
    await staff.page.getByText("The message was handed over.").waitFor()
    expect(sent.map(({ number }) => number)).to.deep.equal(["+60123456789"])
    expect(sent[0]!.text).to.include(code.replaceAll(" ", "-").slice(0, 4))
    await staff.close()
  })
})
