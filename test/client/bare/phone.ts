import { type Config, type Http, memoryStore } from "../../../src/client/index.ts"
import type { Random } from "../../../src/crypto/index.ts"
import { type RemotePhone, remotePhone } from "../../remote-phone.ts"

/** What the bare engine is given from outside, as plain data. */
export interface Outside {
  send(method: "GET" | "POST", url: string, body: number[]): Promise<{ status: number; body: readonly number[] }>
  random(n: number): readonly number[]
}

declare global {
  var outside: Outside
  var makePhone: (name: string, config: Config, second: number) => Promise<RemotePhone>
}

const http: Http = {
  async send({ method, url, body }) {
    const answer = await globalThis.outside.send(method, url, [...(body ?? [])])
    return { status: answer.status, headers: new Map(), body: Uint8Array.from(answer.body) }
  },
}
const random: Random = { bytes: n => Uint8Array.from(globalThis.outside.random(n)) }

globalThis.makePhone = (name, config, second) =>
  remotePhone(name, config, second, { store: memoryStore(), http, random })
