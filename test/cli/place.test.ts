import { expect } from "chai"
import { placeIn, placeSettings, withoutPlace } from "../../src/cli/place.ts"

const NAMES = { listen: "X_LISTEN", listens: "where it listens", data: "X_DATA", keeps: "where its files are" }

describe("the place of a service", () => {
  const at = (listen: string | undefined, data: string | undefined = "data") =>
    placeIn(NAMES, { X_LISTEN: listen, X_DATA: data })

  it("is an address, a port and a directory; IPv6 stands in brackets", () => {
    expect(at("127.0.0.1:8420")).to.deep.equal({ host: "127.0.0.1", port: 8420, data: "data" })
    expect(at("[::1]:80")).to.include({ host: "::1", port: 80 })
    expect(at("keys.example:0")).to.include({ host: "keys.example", port: 0 })
  })

  it("that is wrong is named by its variables, all at once and without a value", () => {
    for (const wrong of [undefined, "", "8420", "host:", ":80", "host:65536", "::1:80", "two words:80"])
      expect(at(wrong), `${wrong}`).to.deep.equal({ problems: ["X_LISTEN: expected host:port"] })
    expect(at("x", "")).to.deep.equal({ problems: ["X_LISTEN: expected host:port", "X_DATA: expected a directory"] })
    expect(placeSettings(NAMES).map(({ name }) => name)).to.deep.equal(["X_LISTEN", "X_DATA"])
  })

  it("is no matter of what runs there", () => {
    expect(withoutPlace(NAMES, { X_LISTEN: "x", X_DATA: "y", OTHER: "z" })).to.deep.equal({ OTHER: "z" })
  })
})
