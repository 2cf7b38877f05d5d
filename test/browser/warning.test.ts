import { expect } from "chai"
import type { Browser, Route } from "playwright-core"
import { PATHS, REDEEM_PATH, UPLOADS_PATH } from "../../src/protocol/index.ts"
import { DAY, DESIGN, launch, Neighbourhood } from "./neighbourhood.ts"

const done = (batches: number) => ({ is: "done", batches })

describe("phones in pages of Chromium", () => {
  let browser: Browser
  let here: Neighbourhood
  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())
  beforeEach(async () => {
    here = await Neighbourhood.open()
  })
  afterEach(() => here.close())

  const complaints = () => here.phones.flatMap(phone => phone.complaints)

  it("match with SIMD, and warn who was near somebody that reported from another page", async () => {
    const anna = await here.phone(browser, "anna")
    const ben = await here.phone(browser, "ben")
    for (const phone of [anna, ben]) expect(await phone.call("backend")).to.equal("simd")
    await here.nextBucket()
    await here.meet(30, 50)
    await here.nextBucket()
    for (const phone of [anna, ben]) expect(await phone.call("sync")).to.deep.equal(done(2))
    expect((await ben.call("status")).exposure.is).to.equal("none")

    await here.report(anna)
    expect((await anna.call("status")).report.is).to.equal("sent")
    await here.nextBucket()
    for (const phone of [anna, ben]) expect(await phone.call("sync")).to.deep.equal(done(1))

    const { exposure } = await ben.call("status")
    expect(exposure.is === "exposed" && exposure.days.map(({ day }) => day)).to.deep.equal([DAY])
    expect((await anna.call("status")).exposure.is).to.equal("none")
    expect(complaints()).to.deep.equal([])
  })

  it("lose nothing by a reload in mid-sync: the exposure is that of a page which was left alone", async () => {
    const anna = await here.phone(browser, "anna")
    const ben = await here.phone(browser, "ben")
    const cleo = await here.phone(browser, "cleo")
    await here.nextBucket()
    await here.meet(30, 50)
    await here.nextBucket()
    expect(await anna.call("sync")).to.deep.equal(done(2))
    await here.report(anna)
    const reported = here.bucket
    for (let bucket = 0; bucket < 3; bucket++) await here.nextBucket()

    const heldUp = new Promise<Route>(resolve => {
      void ben.page.route(`**${PATHS.batch(DESIGN, reported)}`, resolve)
    })
    await ben.page.evaluate(() => {
      void globalThis.phone.sync()
    })
    await heldUp
    await here.load(ben)
    expect((await ben.call("status")).exposure.is, "no check has come to its end").to.equal("unknown")
    await ben.page.unrouteAll({ behavior: "ignoreErrors" })

    expect(await ben.call("sync"), "goes on where it stood").to.deep.equal(done(3))
    expect(await cleo.call("sync")).to.deep.equal(done(5))
    const told = await cleo.call("status")
    expect(told.exposure.is).to.equal("exposed")
    const { exposure, contacts } = await ben.call("status")
    expect(exposure).to.deep.equal(told.exposure)
    expect(contacts.windows).to.equal(told.contacts.windows)
    expect(await ben.call("explain", DAY)).to.deep.equal(await cleo.call("explain", DAY))
  })

  it("ask the same before a report as before a cover action, and send the same", async () => {
    const anna = await here.phone(browser, "anna")
    const ben = await here.phone(browser, "ben", { cover: { meanDays: 1, catchUpHours: 48 } })
    await here.nextBucket()
    await here.meet(8, 50)
    await here.nextBucket()
    for (const phone of [anna, ben]) await phone.call("sync")
    await here.report(anna)
    while ((await ben.requests("POST")).length === 0) {
      const { next } = await ben.call("status")
      await here.moveTo(Math.max(next.cover! / 1000, here.virtual.now + 60))
      await ben.call("sync")
      await ben.call("run", "cover")
    }
    for (const method of ["OPTIONS", "POST"] as const) {
      const ofReport = await anna.requests(method)
      expect(ofReport.map(({ path }) => path)).to.deep.equal([REDEEM_PATH, UPLOADS_PATH])
      expect(await ben.requests(method)).to.deep.equal(ofReport)
      for (const name of ofReport.flatMap(({ headers }) => Object.keys(headers)))
        expect(name.toLowerCase()).to.not.be.oneOf(["cookie", "authorization", "referer"])
    }
    expect(complaints()).to.deep.equal([])
  })
})
