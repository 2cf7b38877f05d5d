import { expect } from "chai"
import { hex } from "../../src/crypto/index.ts"
import { defaultParameters, encodeParameters, encodeWitnessKey } from "../../src/protocol/index.ts"
import { openKeyServer, type ServerConfig, serverConfigFrom } from "../../src/server/index.ts"
import { tlog } from "../protocol/tlog-vectors.ts"
import { memoryStores, native, random, serverConfig } from "./world.ts"

const key = (n: number): string => hex(new Uint8Array(32).fill(n))
const parameters = Buffer.from(encodeParameters(defaultParameters(1000))).toString()
const readText = (path: string): string => {
  if (path === "parameters") return `${parameters}\n`
  throw new Error("ENOENT")
}
const good: Record<string, string> = {
  LINDUNG_SERVER_LOG_NAME: "log.example",
  LINDUNG_SERVER_LOG_SEED: key(1),
  LINDUNG_SERVER_RECEIPT_SEED: key(2),
  LINDUNG_SERVER_WRAPPING_KEY: key(3),
  LINDUNG_SERVER_AUTHORITY_KEYS: `${key(4)}, ${key(5)}`,
  LINDUNG_SERVER_PARAMETERS_FILE: "parameters",
  LINDUNG_SERVER_UPLOADS_PER_MINUTE: "600",
  LINDUNG_SERVER_PROXIES: "0",
}
const problems = (environment: Record<string, string | undefined>): string => {
  try {
    serverConfigFrom(environment, readText)
    return ""
  } catch (error) {
    expect(error).to.include({ code: "config" })
    return (error as Error).message
  }
}

describe("the configuration of a key server", () => {
  it("comes from the environment", () => {
    const config = serverConfigFrom({ ...good, PATH: "/bin" }, readText)
    expect(hex(config.logSeed)).to.equal(key(1))
    expect(config.authorityKeys.map(hex)).to.deep.equal([key(4), key(5)])
    expect(config.parameters[0]!.validFromBucket).to.equal(1000)
    expect(config).to.include({ uploadsPerMinute: 600, proxies: 0 })
  })

  it("knows witnesses by key and URL, and other log keys, where they are given", () => {
    const [one, two] = tlog.witnessed.witnesses.map(({ key: text }) => text)
    const config = serverConfigFrom(
      {
        ...good,
        LINDUNG_SERVER_WITNESSES: `${one} https://w1.example/x, ${two} http://127.0.0.1:8430`,
        LINDUNG_SERVER_WITNESS_QUORUM: "1",
        LINDUNG_SERVER_ALSO_LOG_SEEDS: `${key(8)},${key(9)}`,
      },
      readText,
    )
    expect(config.witnesses?.map(({ url }) => url)).to.deep.equal(["https://w1.example/x", "http://127.0.0.1:8430"])
    expect(config.witnesses?.map(({ key: given }) => encodeWitnessKey(given))).to.deep.equal([one, two])
    expect(config.alsoLogSeeds?.map(hex)).to.deep.equal([key(8), key(9)])
  })

  it("refuses a quorum that cannot be met or is not said, a witness twice, and one without an address", () => {
    const [one, two] = tlog.witnessed.witnesses.map(({ key: text }) => text)
    const at = (witnesses: string, quorum?: string) =>
      problems({ ...good, LINDUNG_SERVER_WITNESSES: witnesses, LINDUNG_SERVER_WITNESS_QUORUM: quorum })
    expect(at(`${one} https://w.example`)).to.include("LINDUNG_SERVER_WITNESS_QUORUM:")
    expect(at(`${one} https://w.example`, "2")).to.include("LINDUNG_SERVER_WITNESS_QUORUM:")
    expect(at(`${one} https://w.example,${one} https://w.example`, "1")).to.include("different")
    for (const wrong of [`${one}`, `${one} ftp://w.example`, `${one} https://w.example/`, `x https://w.example`])
      expect(at(`${wrong},${two} https://w.example`, "1"), wrong).to.include("LINDUNG_SERVER_WITNESSES:")
  })

  it("has no default: each missing variable is named, and all at once", () => {
    const message = problems({})
    for (const name of Object.keys(good)) {
      expect(message).to.include(`${name}:`)
      expect(problems({ ...good, [name]: undefined }), name).to.include(`${name}:`)
    }
  })

  it("names what is wrong without repeating a value", () => {
    const bad: Record<string, string> = {
      LINDUNG_SERVER_LOG_NAME: "two words",
      LINDUNG_SERVER_LOG_SEED: key(1).slice(1),
      LINDUNG_SERVER_RECEIPT_SEED: "secret-value",
      LINDUNG_SERVER_AUTHORITY_KEYS: `${key(4)},nothing`,
      LINDUNG_SERVER_PARAMETERS_FILE: "missing",
      LINDUNG_SERVER_UPLOADS_PER_MINUTE: "-1",
      LINDUNG_SERVER_PROXIES: "1.5",
    }
    const message = problems({ ...good, ...bad })
    for (const name of Object.keys(bad)) expect(message).to.include(`${name}:`)
    for (const value of ["secret-value", key(1).slice(1), key(4)]) expect(message).to.not.include(value)
  })

  it("has a region and keys of archives where a design publishes them, and misses them by name", () => {
    const gaen = Buffer.from(encodeParameters(defaultParameters(1000, ["gaen"]))).toString()
    const settings = (more: Record<string, string>) => {
      try {
        return serverConfigFrom({ ...good, ...more }, () => gaen)
      } catch (error) {
        return (error as Error).message
      }
    }
    for (const name of ["LINDUNG_SERVER_EXPORT_REGION", "LINDUNG_SERVER_EXPORT_KEYS"])
      expect(settings({})).to.include(`${name}:`)
    const region = { LINDUNG_SERVER_EXPORT_REGION: "310" }
    for (const bad of [
      key(0),
      `310:${key(9)}`,
      `310:v1:${key(9)}0`,
      `310:v1:${key(9)}:x`,
      `3 10:v1:${key(9)}`,
      `310:v1:${key(0)}`,
      "",
    ])
      expect(settings({ ...region, LINDUNG_SERVER_EXPORT_KEYS: bad }), bad).to.include("LINDUNG_SERVER_EXPORT_KEYS:")
    const keys = `310:v2:${key(9)}, 310:v1:${key(8)}`
    expect(settings({ ...region, LINDUNG_SERVER_EXPORT_KEYS: keys })).to.deep.include({
      exportRegion: "310",
      exportKeys: [9, 8].map((n, i) => ({ id: "310", version: `v${2 - i}`, secretKey: new Uint8Array(32).fill(n) })),
    })
  })

  it("refuses a variable that is no setting, as it is likely a slip", () => {
    expect(problems({ ...good, LINDUNG_SERVER_PROXY: "1" })).to.include("LINDUNG_SERVER_PROXY: not a setting")
  })

  it("is checked again when a server is opened, with every problem", async () => {
    const config = { ...serverConfig(), wrappingKey: new Uint8Array(31), proxies: -1, extra: 1 } as ServerConfig
    const ports = { clock: () => 1e9, random, stores: memoryStores(), curves: native }
    const error = await openKeyServer(config, ports).catch(failure => failure)
    expect(error).to.include({ code: "config" })
    for (const name of ["wrappingKey", "proxies", "extra"]) expect(error.message).to.include(`${name}:`)
  })

  it("refuses a parameter set outside the bounds that phones pin", async () => {
    const set = { ...defaultParameters(1000), minPaddingReports: 1 }
    const ports = { clock: () => 1e9, random, stores: memoryStores(), curves: native }
    const error = await openKeyServer(serverConfig(["hybrid"], { parameters: [set] }), ports).catch(failure => failure)
    expect(error.message).to.include("minPaddingReports")
  })
})
