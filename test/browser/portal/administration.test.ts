import { expect } from "chai"
import { TOTP } from "otpauth"
import { PASSWORD } from "../../authority/portal/world.ts"
import { eachSignedIn, type Staff } from "./staff.ts"

/** As nurses' programs save it: a byte order mark, semicolons, quotes, an empty line, a bad day, HTML. */
const FILE = [
  "\uFEFFPatient;Test;Onset;Tested",
  '"Tan; Siti";pcr;2027-01-12;',
  ";;;",
  "Ravi;rapid;;2027-01-13",
  "Lim;pcr;2027-02-30;",
  "Aziz;<img src=x onerror=alert(1)>;2027-01-12;",
  "Chong;pcr;2027-01-12;2027-01-13",
  "Wong;clinical;2027-01-14;",
].join("\r\n")

describe("a supervisor before the portal", () => {
  let staff: Staff
  eachSignedIn(opened => {
    staff = opened
  }, "supervisor")

  const choose = (text: string) =>
    staff.field("File").setInputFiles({ name: "patients.csv", mimeType: "text/csv", buffer: Buffer.from(text) })
  const rows = (caption: string) => staff.page.getByRole("table", { name: caption }).locator("tbody tr").allInnerTexts()

  it("issues codes from a file: bad lines are listed with their reason, the rest is done", async () => {
    await staff.open("Many codes")
    await choose(FILE)
    await staff.page.getByText("3 lines to be done, 3 that cannot be").waitFor()
    const bad = await rows("Lines that cannot be done")
    expect(bad.map(row => Number.parseInt(row, 10))).to.deep.equal([5, 6, 7])
    expect(bad[1]).to.include("<img src=x onerror=alert(1)>")
    await staff.button("Issue the codes").click()
    await staff.page.getByText("3 of 3 lines done").waitFor()
    expect((await rows("Codes")).map(row => Number.parseInt(row, 10))).to.deep.equal([2, 4, 8])
    await staff.isAccessible("many codes")

    const [download] = await Promise.all([
      staff.page.waitForEvent("download"),
      staff.button("Save the codes as CSV").click(),
    ])
    const saved = await (await download.createReadStream()).toArray()
    expect(Buffer.concat(saved).toString().split("\r\n")).to.have.length(5)
  })

  it("goes on where the line broke: no line is done twice, and none is left out", async () => {
    await staff.open("Many codes")
    await choose(["test,onset", ...Array.from({ length: 250 }, () => "pcr,2027-01-12")].join("\n"))
    await staff.page.getByText("250 lines to be done, 0 that cannot be").waitFor()
    let requests = 0
    await staff.page.route("**/v1/portal/codes/bulk", async route => {
      // The second answer is lost on its way: what it asked for was done.
      if (++requests !== 2) return await route.continue()
      await route.fetch()
      await route.abort()
    })
    await staff.button("Issue the codes").click()
    await staff.page.getByText("100 of 250 lines done").waitFor()
    await staff.button("Go on").click()
    await staff.page.getByText("250 of 250 lines done").waitFor()
    const codes = (await rows("Codes")).map(row => row.split("\t")[1])
    expect(new Set(codes).size).to.equal(250)
    const issued = await staff.world.authority.audit({ after: 0, limit: 100 })
    expect(issued.reduce((sum, { action, count }) => sum + (action === "bulk-issue" ? count : 0), 0)).to.equal(250)
  })

  it("begins at a line, and is told when there is none", async () => {
    await staff.open("Many codes")
    await choose("test,onset\npcr,2027-01-12\npcr,2027-01-11\npcr,2027-01-10\n")
    await staff.field("Begin at line").fill("4")
    await staff.page.getByText("1 lines to be done").waitFor()
    await staff.field("Begin at line").fill("9")
    await staff.page.getByText("There is no line 9 to begin at.").waitFor()
    for (const [text, told] of [
      ["onset\n2027-01-12", "test is missing"],
      ["test,onset\n\n", "There is no line in this file."],
    ] as const) {
      await staff.field("Begin at line").fill("2")
      await choose(text)
      await staff.page.getByText(told).waitFor()
    }
  })

  it("sees how much was done on which day, small numbers withheld", async () => {
    await staff.open("Statistics")
    await staff.page.getByRole("table").waitFor()
    const before = await rows("Permissions given by day")
    expect(before).to.have.length(30)
    await staff.isAccessible("statistics")
  })
})

describe("an administrator before the portal", () => {
  let staff: Staff
  eachSignedIn(
    opened => {
      staff = opened
    },
    "administrator",
    "admin",
  )

  it("adds a user, who has to choose a password of his own before anything else", async () => {
    await staff.open("Users")
    await staff.field("Name").fill("ravi")
    await staff.button("Add").click()
    const password = await staff.page.locator(".secret .value").innerText()
    await staff.isAccessible("users")

    const other = await (await staff.context.browser()!.newContext({ locale: "en-GB" })).newPage()
    await other.goto(staff.url)
    await other.getByLabel("Name").fill("ravi")
    await other.getByLabel("Password").fill(password)
    await other.getByRole("button", { name: "Sign in" }).click()
    await other.getByText("Your password serves once").waitFor()
    expect(await other.getByRole("navigation").getByRole("link").allInnerTexts()).to.deep.equal(["My account"])
    await other.getByLabel("Present password").fill(password)
    await other.getByLabel("New password", { exact: true }).fill(PASSWORD)
    await other.getByLabel("New password, again").fill("another")
    await other.getByRole("button", { name: "Change it" }).click()
    await other.getByText("The two are not the same.").waitFor()
    await other.getByLabel("New password, again").fill(PASSWORD)
    await other.getByRole("button", { name: "Change it" }).click()
    await other.getByRole("heading", { level: 1, name: "Issue a code" }).waitFor()
    await other.context().close()
  })

  it("changes a role, disables and enables, after being asked", async () => {
    await staff.world.user("ravi")
    await staff.open("Users")
    await staff.page.getByLabel("Role: ravi").selectOption("supervisor")
    await staff.button("Disable: ravi").click()
    await staff.heading("Disable: ravi?").waitFor()
    await staff.button("Confirm").click()
    await staff.button("Enable: ravi").waitFor()
    expect(await staff.page.getByLabel("Role: ravi").inputValue()).to.equal("supervisor")
    // The last administrator stays.
    await staff.button("Disable: admin").click()
    await staff.button("Confirm").click()
    await staff.page.getByText("This contradicts what is there already.").waitFor()
  })

  it("makes and revokes an API key, whose label is text", async () => {
    await staff.open("API keys")
    await staff.field("Label").fill("<b>lab</b>")
    await staff.button("Make").click()
    expect(await staff.page.locator(".secret .value").innerText()).to.have.length.greaterThan(30)
    expect(await staff.page.getByRole("rowheader").innerText()).to.equal("<b>lab</b>")
    await staff.button("Revoke: <b>lab</b>").click()
    await staff.button("Confirm").click()
    await staff.page.getByText("There are none.").waitFor()
  })

  it("sets up an authenticator, and is asked for it next time; a recovery code serves in its place", async () => {
    await staff.open("My account")
    await staff.field("Your password").fill(PASSWORD)
    await staff.button("Set up an authenticator").click()
    const secret = await staff.page.locator("p.value").innerText()
    await staff.isAccessible("an authenticator")
    const digits = () => new TOTP({ secret }).generate({ timestamp: 1000 * staff.world.now() })
    await staff.field("Six digits of your authenticator").fill(digits())
    await staff.button("Confirm").click()
    const [recovery = ""] = await staff.page.locator(".secret li").allInnerTexts()
    await staff.button("I have noted them").click()
    await staff.page.getByText("Authenticator app: set up").waitFor()

    await staff.button("Sign out").click()
    await staff.giveName("admin")
    staff.world.later(60)
    await staff.field("Six digits of your authenticator").fill(digits())
    await staff.button("Confirm").click()
    await staff.button("Sign out").click()
    await staff.giveName("admin")
    await staff.button("I have lost it: use a recovery code").click()
    await staff.field("A recovery code").fill(recovery)
    await staff.button("Confirm").click()
    await staff.heading("My account").or(staff.heading("Issue a code")).first().waitFor()
  })

  it("adds a passkey, and signs in with it", async () => {
    const devtools = await staff.context.newCDPSession(staff.page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasUserVerification: true,
        isUserVerified: true,
        hasResidentKey: true,
        automaticPresenceSimulation: true,
      },
    })
    await staff.open("My account")
    await staff.field("Your password").fill(PASSWORD)
    await staff.field("What to call it").fill("the laptop")
    await staff.button("Add a passkey").click()
    await staff.button("I have noted them").click()
    await staff.page.getByText("the laptop").waitFor()
    await staff.button("Sign out").click()
    await staff.giveName("admin")
    await staff.button("Use a passkey").click()
    await staff.button("Sign out").waitFor()
  })

  it("reads who did what, and where the log ends", async () => {
    await staff.onset("2027-01-12")
    await staff.button("Issue the code").click()
    const code = await staff.code()
    await staff.button("I have told the patient").click()
    await staff.open("Audit log")
    const table = await staff.page.getByRole("table").innerText()
    expect(table).to.match(/admin\s+issue/)
    expect(table).to.not.include(code)
    await staff.page.getByText(/The log ends with \d+: [0-9a-f]{64}/).waitFor()
    await staff.isAccessible("the audit log")
  })
})
