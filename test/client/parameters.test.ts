import { expect } from "chai"
import { ascii, concat } from "../../src/crypto/index.ts"
import {
  type DesignName,
  defaultParameters,
  encodeParameters,
  PATHS,
  type ParameterSet,
} from "../../src/protocol/index.ts"
import { codeOf, FIRST, type Setting, setting } from "./lies.ts"
import { startOf } from "./test-log.ts"

interface Announcement {
  /** The bucket in which it is logged. */
  readonly logged: number
  readonly set: ParameterSet
}

const BOTH: DesignName[] = ["hybrid", "low-cost"]
/** A set of the log's own design. */
const from = (validFromBucket: number, designs: DesignName[] = ["hybrid"]) =>
  defaultParameters(validFromBucket, designs)

/** The log goes on to a bucket, with sets announced on the way; the phone does not look until then. */
function goOn({ log, virtual }: Setting, last: number, announcements: readonly Announcement[]): void {
  for (let bucket = FIRST + 3; bucket <= last; bucket++) {
    for (const { logged, set } of announcements)
      if (logged === bucket) log.addLogged("parameters", bucket, encodeParameters(set))
    log.addBatch(bucket)
  }
  const sets = [log.parameters, ...announcements.map(({ set }) => set)].map(encodeParameters)
  log.files.set(PATHS.parameters, concat(...sets.flatMap((set, i) => (i === 0 ? [set] : [ascii("\n"), set]))))
  const list = log.keyList(last, 1 + last - FIRST)
  log.addLogged("ingest-keys", last, list)
  log.files.set(PATHS.ingestKeys, list)
  log.publish(last)
  virtual.now = startOf(last + 1) + 60
}

describe("parameter sets that a phone learns of", () => {
  const announced = FIRST + 3
  const cases: [claim: string, code: string, last: number, announcements: Announcement[]][] = [
    ["another λ with three days' notice", "done", announced, [{ logged: announced, set: from(announced + 36) }]],
    ["a set with less notice", "log-inconsistent", announced, [{ logged: announced, set: from(announced + 35) }]],
    [
      "other designs with 17 days' notice",
      "done",
      announced,
      [{ logged: announced, set: from(announced + 204, BOTH) }],
    ],
    [
      "other designs with less",
      "log-inconsistent",
      announced,
      [{ logged: announced, set: from(announced + 203, BOTH) }],
    ],
    [
      "other designs in time and another number for them, after sixteen days away",
      "done",
      announced + 192,
      [
        { logged: announced, set: from(announced + 204, BOTH) },
        { logged: announced + 190, set: { ...from(announced + 230, BOTH), minPaddingReports: 25 } },
      ],
    ],
    [
      "other designs in time, and with little notice the old ones again",
      "log-inconsistent",
      announced + 192,
      [
        { logged: announced, set: from(announced + 204, BOTH) },
        { logged: announced + 190, set: from(announced + 230) },
      ],
    ],
    [
      "other windows, whatever the notice",
      "format",
      announced,
      [{ logged: announced, set: { ...from(announced + 300), windowMinutes: 60 } }],
    ],
    [
      "other epochs, whatever the notice",
      "format",
      announced,
      [{ logged: announced, set: { ...from(announced + 300), epochMinutes: 10 } }],
    ],
  ]
  for (const [claim, code, last, announcements] of cases)
    it(`${claim}: ${code}`, async () => {
      const at = await setting()
      goOn(at, last, announcements)
      expect(codeOf(await at.client.sync({ force: true }))).to.equal(code)
      expect(codeOf(await at.client.sync({ force: true }))).to.equal(code)
    })

  it("says how much notice there was and how much it takes", async () => {
    const at = await setting()
    goOn(at, announced, [{ logged: announced, set: from(announced + 35) }])
    const result = await at.client.sync({ force: true })
    if (result.is !== "failed") expect.fail(result.is)
    expect(result.error.message).to.include("announced 35 buckets before it holds, fewer than 36")
  })
})
