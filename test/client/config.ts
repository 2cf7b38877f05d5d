import type { Config } from "../../src/client/index.ts"
import { base64, signature } from "../../src/crypto/index.ts"
import { encodeNoteKey } from "../../src/protocol/index.ts"

const publicKey = signature.ed25519.verifyKey(new Uint8Array(32).fill(9))

/** A configuration that passes every check; a world puts its own servers into it. */
export const CONFIG: Config = {
  server: {
    files: "https://files.example",
    uploads: "https://uploads.example",
    logKey: encodeNoteKey({ name: "log.example", publicKey }),
    receiptKey: base64(publicKey),
  },
  authority: { url: "https://authority.example", publicKey: base64(publicKey), mechanism: "simple" },
  risk: "dp3t-exposure-score",
  cover: "off",
  retention: { contactDays: 14, exposureDays: 14 },
  sync: { minIntervalHours: 2 },
}
