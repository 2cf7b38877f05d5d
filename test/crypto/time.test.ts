import { expect } from "chai"
import fc from "fast-check"
import { time } from "../../src/crypto/index.ts"
import { published } from "./published.ts"

const LAST = 2 ** 32 - 1
/** Whole and broken seconds, and the seconds around every boundary of a day. */
const anyTime = fc.oneof(
  fc.integer({ min: 0, max: LAST }),
  fc.double({ min: 0, max: LAST, noNaN: true }),
  fc.tuple(fc.nat(49_000), fc.constantFrom(-1, 0, 1)).map(([day, off]) => Math.max(0, day * 86_400 + off)),
)
const divisors = Array.from({ length: 1440 }, (_, i) => i + 1).filter(minutes => 1440 % minutes === 0)

/** ⌊unix / seconds⌋ in integers only. */
const floor = (unix: number, seconds: number): number => Number(BigInt(Math.trunc(unix)) / BigInt(seconds))

describe("crypto/time", () => {
  it("day, bucket and epoch are those of the reference implementation", () => {
    for (const { unix, day_start_unix, batch_start_unix, epoch_of_day } of published("lowcost-public").time_cases) {
      expect(time.dayStart(time.day(unix))).to.equal(day_start_unix)
      expect(time.bucketStart(time.bucket(unix))).to.equal(batch_start_unix)
      expect(time.epoch(unix) - time.epoch(day_start_unix)).to.equal(epoch_of_day)
    }
    for (const { unix, epoch } of published("unlinkable-public").epoch_cases) expect(time.epoch(unix)).to.equal(epoch)
    for (const { iso, epoch } of published("reference-published").unlinkable.epochs)
      expect(time.epoch(Date.parse(iso) / 1000)).to.equal(epoch)
  })

  it("windows are those of the hybrid vectors, for each length", () => {
    for (const { unix, w } of published("hybrid-public").time_cases) {
      expect(time.window(unix)).to.equal(w["120"])
      for (const minutes of Object.keys(w)) expect(time.window(unix, Number(minutes))).to.equal(w[minutes])
    }
  })

  it("intervals are GAEN's ENIntervalNumbers", () => {
    for (const { unix, enin } of published("gaen-public").time_cases) expect(time.interval(unix)).to.equal(enin)
    const { key_generation_unix, enin } = published("gaen-google-published")
    expect(time.interval(key_generation_unix)).to.equal(enin)
  })

  it("every unit is the whole quotient of the seconds", () => {
    fc.assert(
      fc.property(anyTime, unix => {
        expect(time.day(unix)).to.equal(floor(unix, 86_400))
        expect(time.bucket(unix)).to.equal(floor(unix, 7_200))
        expect(time.interval(unix)).to.equal(floor(unix, 600))
        expect(time.epoch(unix)).to.equal(floor(unix, 900))
        expect(time.window(unix)).to.equal(floor(unix, 7_200))
      }),
    )
  })

  it("epochs and windows of every admitted length are whole quotients too", () => {
    const lengths = fc
      .constantFrom(...divisors)
      .chain(epochMinutes =>
        fc.tuple(
          fc.constant(epochMinutes),
          fc.integer({ min: Math.ceil(10 / epochMinutes), max: 1440 / epochMinutes }),
        ),
      )
    fc.assert(
      fc.property(anyTime, lengths, (unix, [epochMinutes, epochs]) => {
        const windowMinutes = epochMinutes * epochs
        expect(time.epoch(unix, epochMinutes)).to.equal(floor(unix, 60 * epochMinutes))
        expect(time.window(unix, windowMinutes, epochMinutes)).to.equal(floor(unix, 60 * windowMinutes))
      }),
    )
  })

  it("a day and a bucket begin with their first second and end before the next", () => {
    fc.assert(
      fc.property(fc.nat(49_709), fc.nat(596_522), (day, bucket) => {
        const start = time.dayStart(day)
        expect([time.day(start), time.day(start + 86_399.999), time.dayStart(day + 1)]).to.deep.equal([
          day,
          day,
          start + 86_400,
        ])
        const first = time.bucketStart(bucket)
        expect([time.bucket(first), time.bucket(first + 7_199.999), time.bucketStart(bucket + 1)]).to.deep.equal([
          bucket,
          bucket,
          first + 7_200,
        ])
      }),
    )
  })

  it("the last day and the last bucket are those whose first second fits u32", () => {
    expect(time.dayStart(49_710)).to.equal(49_710 * 86_400)
    expect(() => time.dayStart(49_711)).to.throw(RangeError, "day: expected a whole number from 0 to 49710, got 49711")
    expect(time.bucketStart(596_523)).to.equal(596_523 * 7_200)
    expect(() => time.bucketStart(596_524)).to.throw(
      RangeError,
      "bucket: expected a whole number from 0 to 596523, got 596524",
    )
    expect(() => time.dayStart(-1)).to.throw(RangeError, "day: expected a whole number from 0 to 49710, got -1")
    expect(() => time.bucketStart(0.5)).to.throw(RangeError, "got 0.5")
  })

  it("milliseconds, years before 1970 and what is not finite are no time", () => {
    expect(time.unixSeconds(0)).to.equal(0)
    expect(time.unixSeconds(LAST + 0.5)).to.equal(LAST + 0.5)
    for (const value of [-0.001, -1, 2 ** 32, 1_590_364_800_000])
      expect(() => time.unixSeconds(value)).to.throw(
        RangeError,
        `unix time: expected 0 to 4294967295 seconds, got ${value}; are these milliseconds?`,
      )
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(() => time.unixSeconds(value)).to.throw(
        TypeError,
        `unix time: expected a finite number of seconds, got ${value}`,
      )
    expect(() => time.unixSeconds("0" as unknown as number)).to.throw(
      TypeError,
      "unix time: expected a number, got string",
    )
  })

  it("an epoch divides a day, and nothing else is an epoch", () => {
    for (let minutes = -2; minutes <= 1500; minutes++) {
      const check = () => time.requireEpochMinutes(minutes)
      if (divisors.includes(minutes)) expect(check).not.to.throw()
      else
        expect(check).to.throw(
          RangeError,
          `epochMinutes: expected a whole number of minutes that divides 1440, got ${minutes}`,
        )
    }
    for (const minutes of [0.5, 1.5, Number.NaN])
      expect(() => time.epoch(0, minutes)).to.throw(RangeError, "epochMinutes")
  })

  it("a window holds whole epochs, ten minutes to a day, and nothing else is a window", () => {
    for (const epochMinutes of [1, 5, 15, 60])
      for (let minutes = 0; minutes <= 1500; minutes++) {
        const check = () => time.requireWindowMinutes(minutes, epochMinutes)
        if (minutes < 10 || minutes > 1440)
          expect(check).to.throw(RangeError, `windowMinutes: expected a whole number from 10 to 1440, got ${minutes}`)
        else if (minutes % epochMinutes === 0) expect(check).not.to.throw()
        else expect(check).to.throw(RangeError, `windowMinutes: expected a multiple of ${epochMinutes}, got ${minutes}`)
      }
    for (const { window_minutes, epoch_minutes } of published("hybrid-public").invalid_configs)
      expect(() => time.window(0, window_minutes, epoch_minutes)).to.throw(RangeError, "windowMinutes: expected")
    expect(() => time.window(0, 120, 7)).to.throw(RangeError, "epochMinutes: expected")
  })

  it("the lengths of the protocol stand", () => {
    expect([time.EPOCH_MINUTES, time.WINDOW_MINUTES, time.MINUTES_PER_DAY]).to.deep.equal([15, 120, 1440])
    expect([time.SECONDS_PER_DAY, time.SECONDS_PER_BUCKET, time.SECONDS_PER_INTERVAL]).to.deep.equal([
      86_400, 7_200, 600,
    ])
  })
})
