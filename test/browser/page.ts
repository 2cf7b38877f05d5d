import { fetchHttp } from "../../examples/browser/fetch-http.ts"
import type { Config } from "../../src/client/index.ts"
import { indexedDBStore } from "../../src/client/store/indexeddb.ts"
import { type RemotePhone, remotePhone } from "../remote-phone.ts"

declare global {
  var openPhone: (name: string, config: Config, second: number) => Promise<void>
  var phone: RemotePhone
}

globalThis.openPhone = async (name, config, second) => {
  globalThis.phone = await remotePhone(name, config, second, {
    store: await indexedDBStore(name),
    http: fetchHttp,
    random: { bytes: n => crypto.getRandomValues(new Uint8Array(n)) },
  })
}
