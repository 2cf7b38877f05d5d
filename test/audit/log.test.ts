import { expect } from "chai"
import { FINDINGS } from "../../src/audit/index.ts"
import { time } from "../../src/crypto/index.ts"
import { encodeBatch, LindungError, PATHS, parseBatch, type SecretBatch } from "../../src/protocol/index.ts"
import { random } from "../server/world.ts"
import { announcedTamperings } from "./tampering-announced.ts"
import { batchTamperings } from "./tampering-batches.ts"
import { headTamperings, long } from "./tampering-head.ts"
import { cleanTree, type Tree } from "./world.ts"

const codes = (report: { readonly counts: object }): string[] => Object.keys(report.counts)
const tamperings = [...headTamperings, ...announcedTamperings, ...batchTamperings]

describe("an audit of a log", () => {
  for (const [design, buckets] of [
    ["low-cost", 14],
    ["hybrid", 14],
    ["unlinkable", 2],
  ] as const)
    it(`finds nothing in what an honest server publishes: ${design}`, async () => {
      const tree = await cleanTree([design], buckets)
      const { head, designs, findings } = await tree.audit()
      expect(findings).to.deep.equal([])
      expect(head).to.deep.equal({ origin: "log.example", size: tree.leaves.length, bucket: tree.head.bucket })
      expect(designs.map(facts => [facts.design, facts.batches])).to.deep.equal([[design, buckets]])
    })

  it("finds nothing where tiles are full and old batches deleted", async () => {
    const { findings, designs } = await (await long()).audit()
    expect(findings).to.deep.equal([])
    expect(designs[0]!.batches).to.equal(168)
  })

  it("finds nothing in a head that continues the one seen before", async () => {
    const tree = await long()
    const before = tree.copy()
    before.leaves = before.leaves.slice(0, 200)
    before.sign({ bucket: tree.head.bucket - 60 })
    for (const since of [before.file(PATHS.checkpoint), tree.file(PATHS.checkpoint)]) {
      tree.options = { since }
      expect((await tree.audit()).findings).to.deep.equal([])
    }
  })

  it("checks old batches of a mirror that keeps them, and does not call them kept too long", async () => {
    const tree = await long()
    const { leaf } = tree.batch(200)
    const days = time.day(7200 * tree.batch(0).leaf.bucket + 7199) - time.day(7200 * leaf.bucket + 7199)
    const batch = parseBatch(tree.file(tree.batch(0).path)) as SecretBatch
    const older = batch.groups.map(({ slot, secrets }): [number, Uint8Array[]] => [
      slot - days,
      Array.from({ length: secrets.length / 32 }, () => random.bytes(32)),
    ])
    tree.files.set(tree.batch(200).path, new Uint8Array())
    tree.replaceBatch(200, () => encodeBatch({ ...batch, bucket: leaf.bucket, salt: random.bytes(16) }, new Map(older)))
    tree.sign()
    expect(codes(await tree.audit())).to.deep.equal(["batch-kept"])
    tree.options = { isMirror: true }
    const { findings, designs } = await tree.audit()
    expect(findings).to.deep.equal([])
    expect(designs[0]!.batches).to.equal(169)
    tree.damage(tree.batch(200).path, -1)
    expect(codes(await tree.audit())).to.deep.equal(["batch-altered"])
  })

  const refused = (tree: Tree): Promise<unknown> =>
    tree.audit().then(
      () => undefined,
      (reason: unknown) => reason,
    )

  it("cannot be made of a tree without a checkpoint, or of a log that no memory holds", async () => {
    const tree = await cleanTree(["hybrid"], 14)
    tree.sign({ size: 2 ** 20 + 1 })
    expect(await refused(tree))
      .to.be.instanceOf(LindungError)
      .with.property("code", "too-large")
    tree.files.delete(PATHS.checkpoint)
    expect(await refused(tree))
      .to.be.instanceOf(LindungError)
      .with.property("code", "not-found")
  })

  for (const [code, what, clean, tamper] of tamperings)
    it(`says ${code}, and nothing else, of ${what}`, async () => {
      const tree = await clean()
      tamper(tree)
      const report = await tree.audit()
      expect(codes(report), JSON.stringify(report.findings.slice(0, 4))).to.deep.equal([code])
      expect(report.findings[0]!.severity).to.equal(FINDINGS[code].severity)
    })

  it("has a way to tamper for each code that it can give", () => {
    expect(Object.keys(FINDINGS).sort()).to.deep.equal([...new Set(tamperings.map(([code]) => code))].sort())
  })
})
