import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, chromium, type Page } from "playwright-core"
import { openServers, type Servers } from "../../src/cli/start/servers.ts"
import { type Config, dayNumber, type IsoDay } from "../../src/client/index.ts"
import { time } from "../../src/crypto/index.ts"
import type { RemotePhone } from "../remote-phone.ts"
import { openSite, type Site } from "./site.ts"

export const DAY: IsoDay = "2020-05-08"
export const DESIGN = "hybrid"
const CHROMIUM = process.env["LINDUNG_CHROMIUM"] ?? "/usr/bin/chromium"
const SCAN_SECONDS = 240

/** Chromium as Debian has it, saying nothing to anybody but the pages' own servers. */
export function launch(): Promise<Browser> {
  if (!existsSync(CHROMIUM))
    throw new Error(`${CHROMIUM} is missing: apt-get install chromium, or name another in LINDUNG_CHROMIUM`)
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-default-apps",
      "--disable-domain-reliability",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
      "--no-pings",
    ],
  })
}

/** A phone in a page of a browser context of its own. */
export class PagePhone {
  readonly name: string
  readonly page: Page
  /** What the page complained about: errors, and what its policy refused. */
  readonly complaints: string[] = []
  readonly #requests = new Map<string, { readonly method: string; readonly path: string }>()
  /** The headers that went over the wire, by request; Chromium tells of them apart from the request. */
  readonly #headers = new Map<string, Readonly<Record<string, string>>>()

  private constructor(name: string, page: Page) {
    this.name = name
    this.page = page
  }

  static async open(browser: Browser, name: string): Promise<PagePhone> {
    const context = await browser.newContext()
    const page = await context.newPage()
    const phone = new PagePhone(name, page)
    page.on("pageerror", error => phone.complaints.push(String(error)))
    page.on("console", message => {
      if (message.type() === "error") phone.complaints.push(message.text())
    })
    const network = await context.newCDPSession(page)
    await network.send("Network.enable")
    network.on("Network.requestWillBeSent", ({ requestId, request: { method, url } }) => {
      phone.#requests.set(requestId, { method, path: new URL(url).pathname })
    })
    network.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => {
      phone.#headers.set(requestId, headers)
    })
    return phone
  }

  /** Its requests so far of one method, in order, with all headers and their values. */
  async requests(method: "POST" | "OPTIONS") {
    const found = [...this.#requests].filter(([, request]) => request.method === method)
    // The page is asked for nothing: its answer comes after what Chromium had to tell.
    while (found.some(([id]) => !this.#headers.has(id))) await this.page.title()
    return found.map(([id, { path }]) => ({ path, headers: this.#headers.get(id)! }))
  }

  call<K extends keyof RemotePhone>(
    what: K,
    ...given: Parameters<RemotePhone[K]>
  ): Promise<Awaited<ReturnType<RemotePhone[K]>>> {
    return this.page.evaluate(
      ([method, values]) => (globalThis.phone[method] as (...values: unknown[]) => unknown)(...values),
      [what, given] as const,
    ) as Promise<Awaited<ReturnType<RemotePhone[K]>>>
  }
}

/** Phones in pages, and a real key server and authority over HTTP and files, on a clock that the test moves. */
export class Neighbourhood {
  readonly virtual: { now: number }
  readonly phones: PagePhone[] = []
  readonly servers: Servers
  readonly #directory: string
  readonly #site: Site
  #scans = 0

  private constructor(servers: Servers, site: Site, directory: string, virtual: { now: number }) {
    this.servers = servers
    this.virtual = virtual
    this.#site = site
    this.#directory = directory
  }

  static async open(): Promise<Neighbourhood> {
    const directory = await mkdtemp(join(tmpdir(), "lindung-browser-"))
    const virtual = { now: dayNumber(DAY) * time.SECONDS_PER_DAY }
    const servers = await openServers({
      directory,
      design: DESIGN,
      mechanism: "simple",
      risk: "dp3t-exposure-score",
      virtual,
      redeemMillis: 200,
    })
    const site = await openSite([servers.keyServerUrl, servers.authorityUrl])
    return new Neighbourhood(servers, site, directory, virtual)
  }

  get bucket(): number {
    return time.bucket(this.virtual.now)
  }

  /** Another phone in its own browser context, switched on. */
  async phone(browser: Browser, name: string, changes: Partial<Config> = {}): Promise<PagePhone> {
    const phone = await PagePhone.open(browser, name)
    await this.load(phone, changes)
    this.phones.push(phone)
    return phone
  }

  /** Loads the page, anew if it was loaded before, and opens what its database holds. */
  async load({ name, page }: PagePhone, changes: Partial<Config> = {}): Promise<void> {
    await page.goto(this.#site.url)
    const config = { ...this.servers.appConfig, ...changes }
    await page.evaluate(
      async given => {
        await globalThis.openPhone(...given)
        await globalThis.phone.start()
      },
      [name, config, this.virtual.now] as const,
    )
  }

  async moveTo(second: number): Promise<void> {
    this.virtual.now = second
    await this.servers.keyServer.publishDue()
    for (const phone of this.phones) await phone.call("at", second)
  }

  /** The bucket ends, and its batch is published. */
  async nextBucket(): Promise<void> {
    await this.moveTo(time.bucketStart(this.bucket + 1) + 1)
  }

  /** Everybody is near everybody. */
  async meet(minutes: number, attenuation: number): Promise<void> {
    for (const until = this.virtual.now + 60 * minutes; this.virtual.now < until; ) {
      await this.moveTo(this.virtual.now + SCAN_SECONDS)
      this.#scans++
      for (const phone of this.phones) await phone.call("run", "rotate")
      for (const from of this.phones) {
        const payload = await from.call("payload")
        for (const to of this.phones) if (to !== from) await to.call("hear", payload, -attenuation, this.#scans)
      }
    }
  }

  /** The person tested positive and reports. */
  async report(phone: PagePhone): Promise<void> {
    await phone.call("report", DAY, await this.servers.issueCode(dayNumber(DAY)))
  }

  async close(): Promise<void> {
    for (const { page } of this.phones) await page.context().close()
    await this.#site.close()
    await this.servers.close()
    await rm(this.#directory, { recursive: true })
  }
}
