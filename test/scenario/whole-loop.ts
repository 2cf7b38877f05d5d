import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { runExperiment } from "../../src/cli/start/experiment.ts"
import { score } from "../../src/cli/start/results.ts"
import { memoryStore, type Store } from "../../src/client/index.ts"
import { hex, hybrid, lowCost, unlinkable } from "../../src/crypto/index.ts"
import { designByName, PATHS, parseBatch } from "../../src/protocol/index.ts"
import { addMeetings, afternoon, receive, seededDice, truthOfPositions } from "../../src/simulator/index.ts"

const POSITIVE = "7"

/** Who was in the train, with seats next to each other and far apart; the other ten only take time. */
const PEOPLE = 8

function train() {
  const dice = seededDice("loop")
  const scenes = afternoon(dice, 1_596_114_000)
    .filter(({ name }) => name === "train")
    .map(scene => ({ ...scene, people: scene.people.slice(0, PEOPLE) }))
  return { recordings: receive(scenes, dice), truth: addMeetings(...scenes.map(truthOfPositions)) }
}

/** What the services stored; keys and settings lie elsewhere. */
async function storedIn(directory: string): Promise<Buffer[]> {
  const entries = await readdir(join(directory, "data"), { recursive: true, withFileTypes: true })
  return Promise.all(entries.filter(entry => entry.isFile()).map(entry => readFile(join(entry.parentPath, entry.name))))
}

/** Secrets and identifiers that a phone made, out of its own store. */
async function ownSecrets(store: Store, design: keyof typeof EPHIDS): Promise<Uint8Array[]> {
  const { secretBytes } = designByName(design)!
  const records = await store.read(tx => [
    ...(tx.range(Uint8Array.of(0x73), Uint8Array.of(0x74)) as Iterable<[Uint8Array, Uint8Array]>),
  ])
  const secrets = records.map(([, record]) => record.slice(0, secretBytes))
  return secrets.flatMap(secret => [secret, ...EPHIDS[design](secret)])
}

const EPHIDS = {
  hybrid: hybrid.ephIds,
  "low-cost": lowCost.ephIds,
  unlinkable: (seed: Uint8Array) => [unlinkable.ephId(seed)],
} as const

/**
 * The claims about one design, played from phones to servers and back.
 * @returns told: what each person is told, and the minutes that it rests on, by design
 */
export function wholeLoop(designs: readonly (keyof typeof EPHIDS)[]): ReadonlyMap<string, unknown> {
  const told = new Map<string, unknown>()
  for (const design of designs) {
    describe(design, function () {
      this.timeout(60_000)
      const stores = new Map<string, Store>()
      let directory: string
      let played: Awaited<ReturnType<typeof runExperiment>>

      before(async () => {
        directory = await mkdtemp(join(tmpdir(), "lindung-loop-"))
        const storeOf = (person: string) => {
          const store = memoryStore()
          stores.set(person, { ...store, close: async () => {} })
          return stores.get(person)!
        }
        const plan = {
          ...train(),
          design,
          mechanism: "simple" as const,
          positive: POSITIVE,
          risk: "dp3t-exposure-score",
          directory,
          redeemMillis: 20,
        }
        played = await runExperiment({ ...plan, storeOf }, () => {})
        told.set(
          design,
          played.outcomes.map(({ name, exposure, day }) => [name, exposure.is, day.score]),
        )
      })

      after(async () => {
        await played?.close()
        await rm(directory, { recursive: true })
      })

      it("warns people who were near, and the person who reported is not told about herself", () => {
        expect(score(played.outcomes, POSITIVE).right, "people who were near and are warned").to.be.greaterThan(0)
        expect(played.outcomes.find(({ name }) => name === POSITIVE)!.exposure.is).to.equal("none")
      })

      it("everybody who is warned was heard for fifteen weighted minutes", () => {
        for (const { exposure, day } of played.outcomes) expect(exposure.is === "exposed").to.equal(day.score >= 15)
      })

      it("the servers' files hold no secret and no identifier of a phone that did not report", async () => {
        const files = await storedIn(directory)
        expect(files.length).to.be.greaterThan(10)
        const people = [...stores].filter(([person]) => person !== POSITIVE)
        expect(people).to.have.length(PEOPLE - 1)
        for (const [person, store] of people)
          for (const secret of await ownSecrets(store, design))
            for (const needle of [
              Buffer.from(secret),
              Buffer.from(hex(secret)),
              Buffer.from(Buffer.from(secret).toString("base64")),
            ])
              expect(
                files.some(file => file.includes(needle)),
                `a secret of ${person}`,
              ).to.equal(false)
      })

      it("the servers' files hold no address", async () => {
        for (const file of await storedIn(directory))
          for (const needle of ["127.0.0.1", "::ffff:7f00", "localhost"])
            expect(file.includes(needle), needle).to.equal(false)
      })

      it("a batch has the same bytes whoever asks, and how", async () => {
        const { keyServerUrl } = played.servers
        const names = await readdir(join(directory, "data", "server", "public", "batches", design))
        const url = keyServerUrl + PATHS.batch(design, Number(names[0]))
        const askers = [
          {},
          { "user-agent": "another phone", "accept-encoding": "gzip" },
          { accept: "*/*", "x-forwarded-for": "198.51.100.7" },
        ]
        const bodies = await Promise.all(
          askers.map(async headers => hex(new Uint8Array(await (await fetch(url, { headers })).arrayBuffer()))),
        )
        expect(new Set(bodies).size).to.equal(1)
        expect(parseBatch(Buffer.from(bodies[0]!, "hex")).design.name).to.equal(design)
      })
    })
  }
  return told
}
