import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { sealedBox } from "../../src/crypto/index.ts"
import { commitment, openEnvelope } from "../../src/protocol/index.ts"
import { unwrap } from "../../src/server/ingest-keys.ts"
import { native, serverConfig } from "../server/world.ts"
import { bound, type Mutant, parameters } from "./deployment.ts"

/** A server that opens each envelope when it comes, and keeps the commitment: what is in one upload together. */
export const remembering: Mutant = {
  stores: (real, directory) => ({
    ...real,
    envelopes: {
      ...bound(real.envelopes),
      async append(bucket, envelopes) {
        const secretKey = unwrap((await real.records.bucketKey(bucket))!, bucket, serverConfig().wrappingKey)
        const keys = sealedBox.keyPair(secretKey, native.x25519)
        for (const envelope of envelopes) {
          const opened = openEnvelope(envelope, bucket, keys, parameters, native.x25519)
          if (opened.kind === "report")
            appendFileSync(join(directory, "data", "server", "uploads"), commitment(opened.report))
        }
        return real.envelopes.append(bucket, envelopes)
      },
    },
  }),
}
