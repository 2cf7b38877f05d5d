import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import axe from "axe-core"
import { expect } from "chai"
import type { Browser, BrowserContext, Locator, Page } from "playwright-core"
import { openWorld, PASSWORD, type World, type WorldOptions } from "../../authority/portal/world.ts"
import { launch } from "../neighbourhood.ts"

const FILES = fileURLToPath(new URL("../../../portal", import.meta.url))

export type Role = "issuer" | "supervisor" | "administrator"

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  await new Promise(done => server.close(done))
  return port
}

/** A portal as it is served, and a person before it in Chromium. */
export class Staff {
  readonly world: World
  readonly url: string
  readonly page: Page
  readonly context: BrowserContext
  /** What the page complained about: errors, and what its policy refused. */
  readonly complaints: string[] = []

  private constructor(world: World, url: string, page: Page) {
    this.world = world
    this.url = url
    this.page = page
    this.context = page.context()
    page.on("pageerror", error => this.complaints.push(String(error)))
    page.on("console", message => {
      // A refusal, and a line that is cut, are no mistakes of the page; Chromium writes both down.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        this.complaints.push(message.text())
    })
  }

  static async open(browser: Browser, options: WorldOptions = {}, locale = "en-GB"): Promise<Staff> {
    const port = await freePort()
    const environment = { FILES, ...options.environment }
    const world = await openWorld({ ...options, environment, port })
    const context = await browser.newContext({ locale, viewport: { width: 1000, height: 900 } })
    return new Staff(world, `http://localhost:${port}/portal/`, await context.newPage())
  }

  /** Signs in as a fresh user. */
  async signIn(role: Role = "issuer", name = "siti"): Promise<void> {
    await this.world.user(name, role)
    await this.page.goto(this.url)
    await this.giveName(name)
    await this.heading("Sign in").waitFor({ state: "detached" })
  }

  async giveName(name: string, password = PASSWORD): Promise<void> {
    await this.field("Name").fill(name)
    await this.field("Password").fill(password)
    await this.button("Sign in").click()
  }

  /** A dialog makes all that is behind it unreachable. */
  field = (label: string): Locator => this.page.getByLabel(label, { exact: true }).locator("visible=true")
  button = (name: string): Locator => this.page.getByRole("button", { name, exact: true })
  heading = (name: string): Locator => this.page.getByRole("heading", { name, exact: true })
  alert = (): Promise<string[]> =>
    this.page
      .getByRole("alert")
      .allInnerTexts()
      .then(texts => texts.map(text => text.trim()).filter(text => text !== ""))

  async open(page: string): Promise<void> {
    await this.page.getByRole("navigation").getByRole("link", { name: page, exact: true }).click()
    await this.page.getByRole("heading", { level: 1, name: page, exact: true }).waitFor()
  }

  /** Answers the question with the day of the first symptoms. */
  async onset(day: string): Promise<void> {
    await this.field("Day of the first symptoms").fill(day)
    await this.page.getByText("First contagious day:").waitFor()
  }

  code = (): Promise<string> => this.page.getByTestId("code").innerText()

  /** How often somebody did something, by the audit log. */
  async did(action: string): Promise<number> {
    const rows = await this.world.authority.audit({ after: 0, limit: 500 })
    return rows.filter(row => row.action === action).length
  }

  /** No serious problem, by axe-core, which runs beside the page's own policy. */
  async isAccessible(what: string): Promise<void> {
    await this.page.evaluate(axe.source)
    const { violations } = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }),
    )
    const found = violations.map(
      ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(node => node.html).join(" ")}`,
    )
    expect(found, what).to.deep.equal([])
  }

  async close(): Promise<void> {
    await this.context.close()
    await this.world.close()
    expect(this.complaints).to.deep.equal([])
  }
}

/** Hooks of a suite: one browser for all its tests, and for each a portal of its own where somebody signed in. */
export function eachSignedIn(begin: (staff: Staff) => void, role?: Role, name?: string): void {
  let browser: Browser
  let staff: Staff
  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())
  beforeEach(async () => {
    staff = await Staff.open(browser)
    await staff.signIn(role, name)
    begin(staff)
  })
  afterEach(() => staff.close())
}
