import { createHmac } from "node:crypto"
import type { RequestHandler } from "express"
import { ipKeyGenerator, rateLimit } from "express-rate-limit"
import type { Random } from "../../crypto/index.ts"
import { LindungError } from "../../protocol/index.ts"

const MINUTE = 60_000
/** Providers give a household a /56 or more; a longer prefix would be a limit that nobody meets. */
const IPV6_PREFIX = 56

/**
 * At most so many requests a minute from one address. Memory holds, for two minutes at most, a hash of the address under a key
 * that this process draws and never writes down; nothing else of it is kept anywhere.
 */
export function limit(perMinute: number, random: Random): RequestHandler {
  const key = random.bytes(32)
  return rateLimit({
    windowMs: MINUTE,
    limit: perMinute,
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator: req =>
      createHmac("sha256", key)
        .update(ipKeyGenerator(req.ip ?? "", IPV6_PREFIX))
        .digest("base64url"),
    handler: (_req, _res, next) => next(new LindungError("rate-limited", "too many requests from one address")),
  })
}
