import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { auditLog, FINDINGS } from "../../src/audit/index.ts"
import { type Client, memoryStore } from "../../src/client/index.ts"
import { concat, equal, merkle } from "../../src/crypto/index.ts"
import {
  encodeAddCheckpoint,
  encodeAuthorityKeys,
  encodeParameters,
  encodeWitnessKey,
  PATHS,
  verifyCheckpoint,
  verifyMisbehaviour,
} from "../../src/protocol/index.ts"
import { memoryTree, nativeEd25519 } from "../../src/server/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { follow, memoryHeads, openWitness, type Round, type Witness } from "../../src/witness/index.ts"
import { codeOf } from "../client/lies.ts"
import { startOf, TestLog } from "../client/test-log.ts"
import { nodesOf } from "../crypto/trees.ts"
import { seeded } from "../dice.ts"

const FIRST = 220_680
const SECRET = new Uint8Array(16).fill(77)
const MADE_UP = new Uint8Array(16).fill(78)
const WINDOW = FIRST + 1
const seed = new Uint8Array(32).fill(44)
const witnessKey = { name: "witness.example", publicKey: nativeEd25519.verifyKey(seed) }
const batchPath = (bucket: number): string => PATHS.batch("hybrid", bucket)

/** A log that was honest up to FIRST, and those who have watched it: a phone, a witness, a monitor, an auditor. */
async function world() {
  const log = new TestLog(FIRST)
  const authorities = encodeAuthorityKeys([new Uint8Array(32).fill(1)])
  log.addLogged("authority-keys", FIRST, authorities)
  log.files.set(PATHS.authorityKeys, authorities)
  log.addBatch(FIRST)
  log.publish(FIRST)
  const { logKey } = log.config.server
  const key = { name: "log.example", publicKey: keyIn(logKey) }
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const heads = memoryHeads()
  const witness = await openWitness(
    { name: witnessKey.name, seed, logs: [key] },
    { clock: () => virtual.now, heads, ed25519: nativeEd25519 },
  )
  const mirror = memoryTree()
  const server = (path: string) => log.tamper(path, log.files.get(path))
  const at = {
    log,
    key,
    virtual,
    witness,
    heads,
    known: 0,
    phone: await phoneOf(log, virtual, false),
    monitor: () =>
      follow(
        key,
        { witnesses: [], quorum: 0 },
        { fetch: async path => server(path), mirror, clock: () => virtual.now, ed25519: nativeEd25519 },
      ),
    since: new Uint8Array(),
    audit: async () => {
      const { findings } = await auditLog({
        files: { read: async path => server(path) },
        logKey: key,
        now: virtual.now,
        ed25519: nativeEd25519,
        ...(at.since.length > 0 && { since: at.since }),
      })
      return new Set(findings.filter(({ severity }) => severity !== "note").map(({ code }) => code))
    },
  }
  expect(codeOf(await at.phone.sync())).to.equal("done")
  await watched(at)
  log.addBatch(FIRST + 1, log.batch(FIRST + 1, new Map([[WINDOW, [SECRET]]])))
  log.addBatch(FIRST + 2)
  log.publish(FIRST + 2)
  virtual.now = startOf(FIRST + 3) + 60
  return at
}

type World = Awaited<ReturnType<typeof world>>

const keyIn = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.split("+").slice(2).join("+"), "base64").subarray(1))

/** The witness and the monitor have followed the log so far, and an auditor has kept its head. */
async function watched(at: World): Promise<void> {
  expect(await asked(at)).to.equal(200)
  const { violations } = await at.monitor()
  expect(violations).to.deep.equal([])
  at.since = new Uint8Array(at.log.files.get(PATHS.checkpoint)!)
}

/** What the witness answers to the head that the log shows. */
async function asked(at: World): Promise<number> {
  const { log, key, witness } = at
  const note = log.files.get(PATHS.checkpoint)!
  const { size } = verifyCheckpoint(note, key, nativeEd25519)
  const node = nodesOf(log.leaves.map(leaf => merkle.leafHash(leaf)))
  const oldSize = Math.min(at.known, size)
  const proof = merkle.consistencyProof(oldSize, size, node)
  const { status, body } = await (witness as Witness).addCheckpoint(encodeAddCheckpoint({ oldSize, proof, note }))
  if (status === 200) {
    at.known = size
    cosigned.set(log, concat(note, body))
  }
  return status
}
const cosigned = new WeakMap<TestLog, Uint8Array>()

async function phoneOf(log: TestLog, virtual: { now: number }, requires: boolean): Promise<Client> {
  const { server } = log.config
  const witnesses = { keys: [encodeWitnessKey(witnessKey)], quorum: 1 }
  const { client } = await openPhone(
    "phone",
    { ...log.config, server: requires ? { ...server, witnesses } : server },
    { clock: phoneClock(virtual), store: memoryStore(), http: log.http, random: seeded(5) },
  )
  await client.start()
  return client
}

const withByte = (leaf: Uint8Array): Uint8Array => leaf.map((byte, i) => (i === 40 ? byte ^ 1 : byte))

/** Batches of another content, logged and signed as if nothing else had ever been. */
function otherHistory(log: TestLog): void {
  log.leaves.length = 4
  log.addBatch(FIRST + 1, log.batch(FIRST + 1, new Map([[WINDOW, [MADE_UP]]])))
  log.addBatch(FIRST + 2)
  log.publish(FIRST + 2)
}

interface Lie {
  /** As the table of docs/specification/log.md has it. */
  readonly title: string
  readonly tell: (at: World) => void | Promise<void>
}

const LIES: readonly Lie[] = [
  {
    title: "adds a secret to a batch that is logged",
    tell: ({ log }) => {
      log.files.set(batchPath(FIRST + 1), log.batch(FIRST + 1, new Map([[WINDOW, [SECRET, MADE_UP]]])))
    },
  },
  {
    title: "drops one from a batch that is logged",
    tell: ({ log }) => {
      log.files.set(batchPath(FIRST + 1), log.batch(FIRST + 1, new Map()))
    },
  },
  {
    title: "reorders batches in the log",
    tell: ({ log }) => {
      log.leaves.push(...log.leaves.splice(4, 1))
      log.publish(FIRST + 2)
    },
  },
  {
    title: "signs another tree of a size that was seen",
    tell: ({ log, virtual }) => {
      log.leaves.length = 4
      log.leaves[1] = withByte(log.leaves[1]!)
      log.publish(FIRST)
      virtual.now = startOf(FIRST + 1) + 60
    },
  },
  {
    title: "shows two phones different batches",
    tell: async at => {
      await watched(at)
      otherHistory(at.log)
    },
  },
  {
    title: "rolls back to a smaller tree",
    tell: ({ log }) => {
      log.leaves.length = 3
      log.publish(FIRST + 2)
    },
  },
  {
    title: "withholds a batch",
    tell: ({ log }) => {
      log.files.delete(batchPath(FIRST + 1))
    },
  },
  {
    title: "goes on serving an old head",
    tell: at => {
      at.log.files.set(PATHS.checkpoint, at.since)
      at.virtual.now = startOf(FIRST + 6) + 60
    },
  },
  {
    title: "swaps the parameters",
    tell: ({ log }) => {
      log.files.set(PATHS.parameters, encodeParameters({ ...log.parameters, coverMeanDays: 6 }))
    },
  },
  {
    title: "publishes a made-up secret, logged like any other",
    tell: ({ log }) => {
      log.leaves.length = 4
      log.addBatch(FIRST + 1, log.batch(FIRST + 1, new Map([[WINDOW, [SECRET, MADE_UP]]])))
      log.addBatch(FIRST + 2)
      log.publish(FIRST + 2)
    },
  },
]

/** Who notices, and how each of them says so. */
async function noticed({ tell }: Lie): Promise<{ row: string[]; witnessRefuses: boolean; fresh: string }> {
  const honest = await (await world()).audit()
  const at = await world()
  await tell(at)
  const synced = await at.phone.sync({ force: true })
  const phone = codeOf(synced)
  const round: Round = await at.monitor()
  const status = await asked(at)
  const found = [...(await at.audit())].filter(code => !honest.has(code))
  const note = cosigned.get(at.log)!
  const shown = at.log.files.get(PATHS.checkpoint)!
  if (equal(note.subarray(0, shown.length), shown)) at.log.files.set(PATHS.checkpoint, note)
  const fresh = codeOf(await (await phoneOf(at.log, at.virtual, true)).sync())
  const proofs = [
    ...(synced.is === "failed" && synced.error.proof ? [synced.error.proof] : []),
    ...at.heads.proofs,
    ...round.violations.flatMap(({ proof }) => (proof ? [proof] : [])),
  ]
  const kinds = [...new Set(proofs.map(proof => verifyMisbehaviour(proof, nativeEd25519).kind))]
  for (const code of found) expect(FINDINGS).to.have.property(code)
  const monitor = round.violations.map(({ code }) => code)
  const row = [
    phone === "done" ? "–" : phone,
    status === 200 ? "–" : `refuses, ${status}`,
    monitor.join(", ") || "–",
    found[0] ?? "–",
    kinds.join(", ") || "–",
  ]
  return { row, witnessRefuses: status !== 200, fresh }
}

describe("a dishonest server", () => {
  const page = readFileSync(fileURLToPath(new URL("../../../docs/specification/log.md", import.meta.url)), "utf8")
  const table = page
    .split("\n")
    .filter(line => line.startsWith("| "))
    .map(line =>
      line
        .split("|")
        .slice(1, -1)
        .map(cell => cell.trim().replaceAll("`", "")),
    )

  it("that is honest is accused by nobody", async () => {
    const { row, fresh } = await noticed({ title: "", tell: () => {} })
    expect(row).to.deep.equal(["–", "–", "–", "–", "–"])
    expect(fresh).to.equal("done")
  })

  it("is played with every lie that the specification has in its table", () => {
    const from = table.findIndex(([title]) => title === "the server …")
    const titles = table.slice(from + 1).map(([title]) => title)
    expect(from).to.be.greaterThan(0)
    expect(titles.slice(0, LIES.length)).to.deep.equal(LIES.map(({ title }) => title))
  })

  for (const lie of LIES)
    it(`that ${lie.title} is caught by whom the specification says`, async () => {
      const { row, fresh, witnessRefuses } = await noticed(lie)
      const told = table.find(([title]) => title === lie.title)
      expect(row, `| ${lie.title} | ${row.join(" | ")} |`).to.deep.equal(told?.slice(1))
      // What the witness refuses, no phone believes that requires it, however new it is.
      if (witnessRefuses) expect(fresh).to.equal("not-witnessed")
    })
})
