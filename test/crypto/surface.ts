import fc from "fast-check"
import * as crypto from "../../src/crypto/index.ts"
import { anyU32, octets, seeded } from "./draws.ts"
import { nodeX25519 } from "./platform.ts"

const { code, gaen, hybrid, lowCost, sealedBox, signature, time, unlinkable } = crypto

/** An argument: the name that its errors use, what it may be, and, for numbers, some values that it may not. */
interface Argument<T> {
  readonly name: string
  readonly kind: "bytes" | "number" | "text"
  readonly good: fc.Arbitrary<T>
  readonly length?: number
  readonly bad?: readonly number[]
}

/** A public function as the tests call it. */
export interface Row {
  readonly name: string
  readonly args: readonly Argument<unknown>[]
  readonly inputs: fc.Arbitrary<readonly unknown[]>
  call(inputs: readonly unknown[]): unknown
}

const exactly = (name: string, length: number): Argument<Uint8Array> => ({
  kind: "bytes",
  name,
  length,
  good: octets(length),
})
const bytes = (name: string): Argument<Uint8Array> => ({ kind: "bytes", name, good: fc.uint8Array({ maxLength: 100 }) })
const text = (name: string, good: fc.Arbitrary<string>): Argument<string> => ({ kind: "text", name, good })
const whole = (name: string, min: number, max: number): Argument<number> => ({
  kind: "number",
  name,
  good: fc.integer({ min, max }),
  bad: [min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY],
})
const u32 = (name: string): Argument<number> => ({ ...whole(name, 0, 2 ** 32 - 1), good: anyU32 })
const divisor = (name: string): Argument<number> => ({
  kind: "number",
  name,
  good: fc.constantFrom(1, 5, 15, 96),
  bad: [0, -1, 7, 1.5, 2880, Number.NaN],
})
const unix: Argument<number> = {
  kind: "number",
  name: "unix time",
  good: fc.double({ min: 0, max: 2 ** 32 - 1, noNaN: true }),
  bad: [-1, 2 ** 32, Number.NaN, Number.NEGATIVE_INFINITY],
}

/** @param inputs what to call it with, where arguments that fit together say more than independent ones */
function row<A extends unknown[]>(
  name: string,
  args: [...{ [K in keyof A]: Argument<A[K]> }],
  call: (...inputs: NoInfer<A>) => unknown,
  inputs: fc.Arbitrary<NoInfer<A>> = fc.tuple(...args.map(({ good }) => good)) as unknown as fc.Arbitrary<A>,
): Row {
  return { name, args, inputs, call: inputs => call(...(inputs as NoInfer<A>)) }
}

const source = () => seeded("surface")
const messageAndKey = fc.tuple(fc.uint8Array({ maxLength: 60 }), octets(32))

/** Every public function of lindung/crypto that takes bytes, numbers or text. */
export const surface: readonly Row[] = [
  row("ascii", [text("text", fc.string({ unit: "binary-ascii" }))], crypto.ascii),
  row("base64", [bytes("input")], crypto.base64),
  row("fromAscii", [bytes("input")], crypto.fromAscii),
  row("fromBase64", [text("text", fc.uint8Array().map(crypto.base64))], crypto.fromBase64),
  row("bytes", [exactly("kind", 20)], input => crypto.bytes("kind", 20, input)),
  row("compare", [bytes("a"), bytes("b")], crypto.compare),
  row("concat", [bytes("parts[0]"), bytes("parts[1]")], crypto.concat),
  row("equal", [bytes("a"), bytes("b")], crypto.equal),
  row("fromHex", [text("digits", fc.uint8Array().map(crypto.hex))], crypto.fromHex),
  row("hex", [bytes("input")], crypto.hex),
  row("requireByteArray", [bytes("key")], input => crypto.requireByteArray("key", input)),
  row("requireBytes", [exactly("key", 20)], input => crypto.requireBytes("key", 20, input)),
  row("requireU32", [u32("day")], value => crypto.requireU32("day", value)),
  row("u16", [whole("batch", 0, 2 ** 16 - 1)], value => crypto.u16(value, "batch")),
  row("u32", [u32("batch")], value => crypto.u32(value, "batch")),
  row("u64", [whole("size", 0, 2 ** 53 - 1)], value => crypto.u64(value, "size")),

  row("hkdfSha256", [bytes("ikm"), bytes("info"), whole("length", 1, 8160)], crypto.hkdfSha256),
  row("hmacSha256", [bytes("key"), bytes("message")], crypto.hmacSha256),
  row("sha256", [bytes("parts[0]"), bytes("parts[1]")], crypto.sha256),

  row("shuffle", [], () => crypto.shuffle([1, 2, 3, 4], source())),
  row("uniform", [whole("outcomes", 1, 2 ** 32)], outcomes => crypto.uniform(source(), outcomes)),
  row("uniforms", [whole("outcomes", 1, 2 ** 32), whole("count", 0, 2 ** 16)], (outcomes, count) =>
    crypto.uniforms(source(), outcomes, count),
  ),

  row("code.generate", [], () => code.generate(source())),
  row("code.group", [text("code", fc.string())], code.group),
  row(
    "code.parse",
    [
      text(
        "typed",
        fc.oneof(
          fc.string(),
          fc.string().map(label => code.generate(seeded(label))),
        ),
      ),
    ],
    code.parse,
  ),

  row("time.unixSeconds", [unix], time.unixSeconds),
  row("time.day", [unix], time.day),
  row("time.bucket", [unix], time.bucket),
  row("time.interval", [unix], time.interval),
  row("time.epoch", [unix, divisor("epochMinutes")], time.epoch),
  row(
    "time.window",
    [unix, { ...divisor("windowMinutes"), good: fc.constant(480), bad: [5, 1445, 100.5] }, divisor("epochMinutes")],
    time.window,
  ),
  row("time.dayStart", [whole("day", 0, 49_710)], time.dayStart),
  row("time.bucketStart", [whole("bucket", 0, 596_523)], time.bucketStart),
  row("time.requireEpochMinutes", [divisor("epochMinutes")], time.requireEpochMinutes),
  row(
    "time.requireWindowMinutes",
    [{ ...divisor("windowMinutes"), good: fc.constant(480), bad: [5, 1445, 100.5] }, divisor("epochMinutes")],
    time.requireWindowMinutes,
  ),

  row("lowCost.nextDayKey", [exactly("dayKey", 32)], lowCost.nextDayKey),
  row("lowCost.ephIds", [exactly("dayKey", 32), divisor("epochsPerDay")], lowCost.ephIds),
  row(
    "lowCost.candidates",
    [exactly("dayKey", 32), u32("firstDay"), u32("lastDay"), exactly("ephId", 16), u32("day"), divisor("epochsPerDay")],
    (dayKey, firstDay, lastDay, ephId, day, epochsPerDay) =>
      lowCost.candidates([{ dayKey, firstDay, lastDay }], [{ ephId, day }], epochsPerDay),
    fc
      .tuple(octets(32), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
      .map(([dayKey, day]) => [dayKey, day, day, lowCost.ephIds(dayKey, 15)[7]!, day, 15]),
  ),

  row("unlinkable.ephId", [exactly("seed", 32)], unlinkable.ephId),
  row("unlinkable.observationHash", [exactly("ephId", 16), u32("epoch")], unlinkable.observationHash),
  row(
    "unlinkable.candidates",
    [exactly("seed", 32), u32("epoch"), exactly("hash", 32)],
    (seed, epoch, hash) => unlinkable.candidates([{ seed, epoch }], [{ hash }]),
    fc
      .tuple(octets(32), anyU32)
      .map(([seed, epoch]) => [seed, epoch, unlinkable.observationHash(unlinkable.ephId(seed), epoch)]),
  ),

  row("hybrid.ephIds", [exactly("seed", 16), whole("count", 1, 1440)], hybrid.ephIds),
  row(
    "hybrid.candidates",
    [exactly("seed", 16), u32("window"), exactly("ephId", 16), u32("window"), whole("count", 1, 1440)],
    (seed, window, ephId, heardIn, count) => hybrid.candidates([{ seed, window }], [{ ephId, window: heardIn }], count),
    fc.tuple(octets(16), anyU32).map(([seed, window]) => [seed, window, hybrid.ephIds(seed, 8)[7]!, window, 8]),
  ),

  row("gaen.rpik", [exactly("tek", 16)], gaen.rpik),
  row("gaen.aemk", [exactly("tek", 16)], gaen.aemk),
  row("gaen.rpi", [exactly("rpik", 16), u32("interval")], gaen.rpi),
  row("gaen.aem", [exactly("aemk", 16), exactly("rpi", 16), exactly("metadata", 4)], gaen.aem),
  row(
    "gaen.candidates",
    [
      exactly("tek", 16),
      whole("rollingStart", 0, 2 ** 32 - 144),
      whole("rollingPeriod", 1, 144),
      exactly("rpi", 16),
      u32("interval"),
    ],
    (tek, rollingStart, rollingPeriod, rpi, interval) =>
      gaen.candidates([{ tek, rollingStart, rollingPeriod }], [{ rpi, interval }]),
    fc
      .tuple(octets(16), fc.integer({ min: 0, max: 2 ** 32 - 144 }))
      .map(([tek, start]) => [tek, start, 144, gaen.rpi(gaen.rpik(tek), start + 9), start + 9]),
  ),

  row("sealedBox.keyPair", [exactly("secretKey", 32)], secretKey => sealedBox.keyPair(secretKey)),
  row("sealedBox.seal", [bytes("message"), exactly("publicKey", 32)], (message, publicKey) =>
    sealedBox.seal(message, publicKey, source()),
  ),
  row(
    "sealedBox.open",
    [bytes("sealed"), exactly("publicKey", 32), exactly("secretKey", 32)],
    (sealed, publicKey, secretKey) => sealedBox.open(sealed, { publicKey, secretKey }),
    messageAndKey.map(([message, secret]) => {
      const { publicKey, secretKey } = sealedBox.keyPair(secret, nodeX25519)
      return [sealedBox.seal(message, publicKey, source(), nodeX25519), publicKey, secretKey]
    }),
  ),
  row("sealedBox.x25519.publicKey", [exactly("secretKey", 32)], sealedBox.x25519.publicKey),
  row(
    "sealedBox.x25519.sharedSecret",
    [exactly("secretKey", 32), exactly("publicKey", 32)],
    sealedBox.x25519.sharedSecret,
  ),
  row("signature.ed25519.verifyKey", [exactly("seed", 32)], signature.ed25519.verifyKey),
  row("signature.ed25519.sign", [bytes("message"), exactly("seed", 32)], signature.ed25519.sign),
  row(
    "signature.ed25519.verify",
    [bytes("message"), exactly("signature", 64), exactly("verifyKey", 32)],
    signature.ed25519.verify,
    messageAndKey.map(([message, seed]) => [
      message,
      signature.ed25519.sign(message, seed),
      signature.ed25519.verifyKey(seed),
    ]),
  ),
]

/** The names of all functions that a module offers, those of its parts included. */
function functionsOf(offered: object, prefix = ""): string[] {
  return Object.entries(offered).flatMap(([name, value]) => {
    if (typeof value === "function") return [prefix + name]
    return typeof value === "object" && value !== null ? functionsOf(value, `${prefix}${name}.`) : []
  })
}

/** What lindung/crypto exports, to hold the table against. */
/** Takes structures, and is tested with its errors in a file of its own. */
const ELSEWHERE =
  /^(merkle|cuckooFilter|ribbonFilter|ecdsa|kernel|secretBox)\.|^(filterHash|distinctHashes|checkedRandom|weighted)$/

export const exported: readonly string[] = functionsOf(crypto).filter(name => !ELSEWHERE.test(name))
