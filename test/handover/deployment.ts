import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type RequestListener, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { auditDisk, type Canary, type DiskReport } from "../../src/audit/index.ts"
import {
  type Authority,
  type CodeStore,
  type MechanismName,
  openAuthority,
  sqliteCodeStore,
} from "../../src/authority/index.ts"
import { filesOf, inflate, rebuild } from "../../src/cli/audit/seized.ts"
import { ascii, code, type Random, time } from "../../src/crypto/index.ts"
import {
  commitment,
  designByName,
  encodeRedeem,
  encodeTest,
  INGEST_KEYS_BYTES,
  ingestKeyFor,
  PATHS,
  parseIngestKeys,
  type Report,
  sealCover,
  sealReport,
  testLock,
  UPLOADS_PATH,
} from "../../src/protocol/index.ts"
import {
  fileTree,
  nativeEd25519,
  openKeyServer,
  type ServerEvent,
  type ServerPorts,
  segmentEnvelopes,
  sqliteRecords,
} from "../../src/server/index.ts"
import { API_KEY, CONFIG } from "../authority/deployment.ts"
import { seeded } from "../dice.ts"
import { authoritySeed, FIRST_BUCKET, native, serverConfig, write } from "../server/world.ts"

export { FIRST_BUCKET } from "../server/world.ts"

export const parameters = serverConfig().parameters[0]!
const design = designByName("hybrid")!

/** In memory where the system has such a place: what is asked here does not depend on a power cut. */
export const scratch = (): string =>
  mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "lindung-handover-"))
export const discard = (directory: string): void => rmSync(directory, { recursive: true, force: true })

type Log = (event: { readonly event: string; readonly [fact: string]: unknown }) => void

/** Adapters in place of the real ones: each does one thing that must be found out. */
export interface Mutant {
  readonly stores?: (real: ServerPorts["stores"], directory: string, log: Log) => ServerPorts["stores"]
  readonly codes?: (real: CodeStore, directory: string) => CodeStore
  readonly handler?: (real: RequestListener, directory: string, log: Log) => RequestListener
}

export interface Person {
  readonly name: string
  /** Tested positive and reports; else the phone's cover action. */
  readonly reports: boolean
  /** Of the loopback network. */
  readonly address: string
  /** What would be reported. */
  readonly report: Report
}

export const person = (
  n: number,
  reports: boolean,
  report: Report = write("hybrid", FIRST_BUCKET, parameters).report,
): Person => ({
  name: `p${n}`,
  reports,
  address: `127.77.${66 + (n >> 8)}.${1 + (n & 255)}`,
  report,
})

/** A person's own dice: the same in every world. */
const diceOf = ({ name }: Person, salt: number): Random =>
  seeded([...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), salt))

export interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
  /** All bytes of the answer but the date. */
  readonly bytes: number
}

/** A deployment in one process, over files laid out as `lindung init` has them, on a clock that is moved by hand. */
export class Handover {
  readonly directory: string
  readonly events: (ServerEvent | { event: string })[] = []
  readonly canaries: Canary[] = []
  /** As somebody on the wire copied them. */
  readonly envelopes: Uint8Array[] = []
  now = time.bucketStart(FIRST_BUCKET) + 100
  #close: () => Promise<void> = async () => {}
  #ports = { keys: 0, codes: 0 }
  #authority!: Authority
  readonly #keys = new Map<number, Uint8Array>()
  #mechanism: MechanismName = "simple"
  #publish: () => Promise<number> = async () => 0

  private constructor(directory: string) {
    this.directory = directory
  }

  static async open(
    o: { random?: Random; mutant?: Mutant; directory?: string; mechanism?: MechanismName } = {},
  ): Promise<Handover> {
    const { random = seeded(7), mutant = {}, mechanism = "simple" } = o
    const world = new Handover(o.directory ?? scratch())
    const { directory } = world
    const root = join(directory, "data", "server")
    for (const path of [join(root, "publisher"), join(directory, "data", "authority")])
      mkdirSync(path, { recursive: true, mode: 0o700 })
    const real = {
      envelopes: await segmentEnvelopes(join(root, "envelopes"), seeded(8)),
      records: await sqliteRecords(join(root, "publisher", "records.sqlite")),
      tree: await fileTree(root, join(root, "publisher")),
    }
    const server = await openKeyServer(
      { ...serverConfig(), uploadsPerMinute: 100_000, proxies: 1 },
      {
        clock: () => world.now,
        random,
        stores: mutant.stores?.(real, directory, event => world.events.push(event)) ?? real,
        curves: native,
        log: event => world.events.push(event),
      },
    )
    const codes = await sqliteCodeStore(join(directory, "data", "authority", "codes.sqlite"), seeded(9))
    const authority = await openAuthority(
      { ...CONFIG, mechanism, signingSeed: authoritySeed, redeemMillis: 20, maxWaiting: 10_000 },
      {
        clock: () => world.now,
        monotonic: () => performance.now(),
        wait: ms => new Promise(done => setTimeout(done, ms)),
        random: seeded(10),
        store: mutant.codes?.(codes, directory) ?? codes,
        curve: nativeEd25519,
        programOf: async header => (header === `Bearer ${API_KEY}` ? "key-1" : undefined),
        log: event => world.events.push({ event }),
      },
    )
    world.#authority = authority
    world.#mechanism = mechanism
    const servers: Server[] = []
    const listen = async (handler: RequestListener): Promise<number> => {
      const listener = createServer(handler)
      servers.push(listener)
      await new Promise<void>(done => listener.listen(0, "127.0.0.1", done))
      return (listener.address() as AddressInfo).port
    }
    const handler: RequestListener = (req, res) => server.handler(req, res)
    world.#ports = {
      keys: await listen(mutant.handler?.(handler, directory, event => world.events.push(event)) ?? handler),
      codes: await listen(authority.handler),
    }
    world.#publish = () => server.publishDue()
    world.#close = async () => {
      for (const one of servers) {
        one.closeAllConnections()
        await new Promise(done => one.close(done))
      }
      await server.close()
      await authority.close()
    }
    return world
  }

  ask(
    service: "keys" | "codes",
    method: string,
    path: string,
    body?: Uint8Array,
    from?: Person,
    type = "application/octet-stream",
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...(body === undefined ? {} : { "content-type": type, "content-length": body.length }),
        "user-agent": `agent-of-${from?.name ?? "nobody"}/1.0`,
        ...(from === undefined ? {} : { "x-forwarded-for": from.address }),
        ...(type === "application/json" ? { authorization: `Bearer ${API_KEY}` } : {}),
      }
      const port = this.#ports[service]
      const options = { port, host: "127.0.0.1", method, path, headers, agent: false as const }
      const local = from === undefined ? {} : { localAddress: from.address }
      request({ ...options, ...local }, answer => {
        const parts: Buffer[] = []
        const { socket } = answer
        answer.on("data", part => parts.push(part))
        answer.on("end", () => {
          const named = answer.rawHeaders.flatMap((name, i, all) =>
            i % 2 === 0 && name.toLowerCase() !== "date" ? [`${name}: ${all[i + 1]}`] : [],
          )
          resolve({
            status: answer.statusCode ?? 0,
            headers: named,
            body: Buffer.concat(parts),
            bytes: socket.bytesRead,
          })
        })
      })
        .on("error", reject)
        .end(body)
    })
  }

  async file(path: string): Promise<Uint8Array> {
    return new Uint8Array((await this.ask("keys", "GET", path)).body)
  }

  /** A code with a positive result, as a test site asks for it. */
  async issue(contagiousFromDay: number): Promise<string> {
    const order = Buffer.from(JSON.stringify({ contagiousFromDay }))
    const { body } = await this.ask("codes", "POST", "/v1/codes", order, undefined, "application/json")
    return (JSON.parse(body.toString()) as { code: string }).code
  }

  /** What a patient types who tested positive, by whatever way the mechanism has. */
  async permit({ report }: Person, dice: Random): Promise<string> {
    const contagiousFromDay = time.day(this.now) - 2
    if (this.#mechanism === "simple") return this.issue(contagiousFromDay)
    if (this.#mechanism === "activated") {
      const { code: typed } = await this.#authority.issue({}, "nurse-1")
      await this.#authority.activate({ code: typed, contagiousFromDay }, "nurse-1")
      return typed
    }
    const typed = code.generate(dice)
    const signed = commitment(report)
    const test = encodeTest({ commitment: signed, lock: testLock(ascii(typed), signed) })
    await this.#authority.signCommitment({ test, contagiousFromDay }, "nurse-1")
    return typed
  }

  /** The whole action of a phone: the code for a token, and one upload. @returns both answers */
  async act(who: Person, given?: string): Promise<Answer[]> {
    const dice = diceOf(who, 2)
    const typed = given ?? (who.reports ? await this.permit(who, dice) : code.generate(dice))
    const signed = commitment(who.report)
    const redeemed = await this.ask("codes", "POST", "/v1/redeem", encodeRedeem(typed, signed), who)
    const envelope = await this.seal(who, new Uint8Array(redeemed.body))
    this.envelopes.push(envelope)
    this.plant(who, typed, new Uint8Array(redeemed.body), envelope)
    return [redeemed, await this.ask("keys", "POST", UPLOADS_PATH, envelope, who)]
  }

  async seal(who: Person, token: Uint8Array): Promise<Uint8Array> {
    const bucket = time.bucket(this.now)
    const publicKey = this.#keys.get(bucket) ?? (await this.#keyOf(bucket))
    this.#keys.set(bucket, publicKey)
    const to = { design, bucket, parameters, publicKey, random: diceOf(who, 1), curve: native.x25519 }
    return who.reports ? sealReport(who.report, token, to) : sealCover(to)
  }

  async #keyOf(bucket: number): Promise<Uint8Array> {
    const lists = await this.file(PATHS.ingestKeys)
    const all = Array.from({ length: lists.length / INGEST_KEYS_BYTES }, (_, i) =>
      parseIngestKeys(lists.subarray(i * INGEST_KEYS_BYTES, (i + 1) * INGEST_KEYS_BYTES)),
    )
    return all.map(list => ingestKeyFor(list, bucket)).find(key => key !== undefined)!
  }

  /** What of an action must never be found again. */
  plant(who: Person, typed: string, token: Uint8Array, envelope: Uint8Array): void {
    const add = (name: string, bytes: Uint8Array): void =>
      void this.canaries.push({ name: `${name} of ${who.name}`, bytes })
    const words = (text: string) => new Uint8Array(Buffer.from(text))
    add("address", words(who.address))
    add("user agent", words(`agent-of-${who.name}/`))
    add("code", words(typed))
    add("commitment", commitment(who.report))
    add("r", who.report.r)
    add("token", token.subarray(46))
    if (who.reports)
      for (const slot of who.report.slots) add("salt or leaf", slot.revealed ? slot.bytes.subarray(16) : slot.leaf)
    for (let at = 5; at + 32 <= envelope.length; at += 600) add("envelope", envelope.subarray(at, at + 32))
  }

  async publish(): Promise<void> {
    await this.#publish()
  }

  /** To the middle of a later bucket, with everything published that is over. */
  async later(buckets: number): Promise<void> {
    this.now += buckets * time.SECONDS_PER_BUCKET
    await this.#publish()
  }

  seize(canaries: readonly Canary[] = []): Promise<DiskReport> {
    return filesOf(this.directory).then(files => auditDisk({ files }, { canaries, inflate, rebuild }))
  }

  close(): Promise<void> {
    return this.#close()
  }
}

/** What of a report is found. */
export const codesOf = (report: DiskReport): string[] =>
  [...new Set(report.findings.map(({ code: found }) => found))].sort()

/** An adapter's methods, to be spread: those of a class are not its own. */
export function bound<Store extends object>(store: Store): Store {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter(name => name !== "constructor")
  const methods = names.map(name => [name, (store as Record<string, () => unknown>)[name]!.bind(store)])
  return Object.fromEntries(methods) as Store
}
