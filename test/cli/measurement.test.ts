import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"
import { expect } from "chai"
import { readScene, readScenes } from "../../src/cli/measurement/index.ts"
import { addMeetings, truthOfPackets, verdict } from "../../src/simulator/index.ts"

const MEASUREMENT = join(process.env["LINDUNG_DATA"] ?? "../shared/data", "contacts", "bt-measurements")

type Row = readonly [unknown, unknown, unknown, unknown, unknown]

async function message(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return (error as Error).message
  }
  throw new Error("expected a refusal, got none")
}

describe("cli/measurement", () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lindung-measurement-"))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  function scene(rows: readonly Row[]): void {
    const file = new Database(join(dir, "scenario02-train.sqlite"))
    file.exec("CREATE TABLE results(receiver_id, transmitter_id, timestamp, rssi, tx_power, ground_truth_distance)")
    const insert = file.prepare("INSERT INTO results VALUES (?, ?, ?, ?, 0, ?)")
    for (const row of rows) insert.run(...row)
    file.close()
  }

  it("a scene's rows become packets by time, with the fitted power in place of the recorded 0", async () => {
    scene([
      ["10", "9", 1000.25, -80, 1.5],
      ["9", "10", 999.123456, -70, null],
    ])
    expect(await readScene(dir, "train")).to.deep.equal({
      name: "train",
      people: ["9", "10"],
      start: 999.123,
      end: 1000.25,
      packets: [
        { receiver: "9", transmitter: "10", second: 999.123, rssi: -70, txPower: -31, distance: null },
        { receiver: "10", transmitter: "9", second: 1000.25, rssi: -80, txPower: -31, distance: 1.5 },
      ],
    })
    expect((await readScene(dir, "train", -20)).packets[0]!.txPower).to.equal(-20)
  })

  it("a file that is missing, empty, no database or another table is refused by name", async () => {
    expect(await message(readScene(dir, "train"))).to.match(/scenario02-train\.sqlite: not there/)
    scene([])
    expect(await message(readScene(dir, "train"))).to.match(/scenario02-train\.sqlite: holds no packets/)
    writeFileSync(join(dir, "scenario01-lunch.sqlite"), "not a database, but long enough to be looked at as one")
    expect(await message(readScene(dir, "lunch"))).to.match(/scenario01-lunch\.sqlite: not a scene/)
    new Database(join(dir, "scenario03-office.sqlite")).exec("CREATE TABLE other(x)").close()
    expect(await message(readScene(dir, "office"))).to.match(/scenario03-office\.sqlite: not a scene .*results/)
  })

  it("a row that no phone could have written is refused, with its number", async () => {
    const good: Row = ["1", "2", 1000, -80, 1]
    const bad: [Row, RegExp][] = [
      [["1", "1", 1000, -80, 1], /two different phones/],
      [["1", null, 1000, -80, 1], /two different phones/],
      [["1", "2", "noon", -80, 1], /unix seconds/],
      [["1", "2", 1596113489281, -80, 1], /unix seconds/],
      [["1", "2", 1000, -80.5, 1], /rssi/],
      [["1", "2", 1000, 127, 1], /rssi/],
      [["1", "2", 1000, -80, -1], /distance/],
      [["1", "2", 1000, -80, "near"], /distance/],
    ]
    for (const [row, reason] of bad) {
      scene([good, row])
      expect(await message(readScene(dir, "train")))
        .to.match(reason)
        .and.to.include("row 2")
      rmSync(join(dir, "scenario02-train.sqlite"))
    }
  })

  describe("the field measurement itself", () => {
    before(function () {
      if (existsSync(join(MEASUREMENT, "scenario01-lunch.sqlite"))) return
      console.warn(`    skipped: ${MEASUREMENT} is not there (public as DP-3T/bt-measurements, experiment 34)`)
      this.skip()
    })

    it("holds 34,835 packets of 18 phones, 20,719 with the true distance, in six scenes one after the other", async () => {
      const recordings = await readScenes(MEASUREMENT)
      const packets = recordings.flatMap(recording => recording.packets)
      expect(recordings.map(recording => recording.packets.length)).to.deep.equal([6177, 9885, 6309, 5337, 5275, 1852])
      expect(packets).to.have.length(34_835)
      expect(packets.filter(({ distance }) => distance !== null)).to.have.length(20_719)
      for (const { people } of recordings) expect(people).to.have.length(18)
      recordings.slice(1).forEach(({ start }, i) => {
        expect(start).to.be.above(recordings[i]!.end)
      })
    })

    it("knows for some pairs who was near for fifteen minutes, and says of the others that it does not", async () => {
      const truths = (await readScenes(MEASUREMENT)).map(truthOfPackets)
      const counts = [...truths, addMeetings(...truths)].map(meetings => {
        const verdicts = meetings.map(meeting => verdict(meeting))
        return ["near", "apart", "unknown"].map(wanted => verdicts.filter(v => v === wanted).length)
      })
      expect(counts).to.deep.equal([
        [14, 9, 130],
        [49, 17, 87],
        [4, 26, 123],
        [0, 25, 128],
        [2, 78, 73],
        [0, 153, 0],
        [95, 0, 58],
      ])
    })
  })
})
