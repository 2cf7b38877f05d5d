import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { fileTree, memoryTree, type TreeStore } from "../../src/server/index.ts"

describe("every tree store", () => {
  let directory = ""
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-tree-"))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const adapters: Record<string, () => Promise<TreeStore>> = {
    memory: async () => memoryTree(),
    files: () => fileTree(directory),
  }
  const text = async (tree: TreeStore, path: string) => {
    const bytes = await tree.read(path)
    return bytes && Buffer.from(bytes).toString()
  }

  for (const [name, open] of Object.entries(adapters))
    describe(`tree store: ${name}`, () => {
      it("gives the last bytes written under a path, and nothing under others", async () => {
        const tree = await open()
        await tree.write("/v1/parameters", Buffer.from("one"))
        await tree.write("/v1/parameters", Buffer.from("two"))
        expect(await text(tree, "/v1/parameters")).to.equal("two")
        expect(await tree.read("/checkpoint")).to.equal(undefined)
        expect(await tree.read("/v1/parameters/x").catch(() => undefined)).to.equal(undefined)
      })

      it("moves a staged file into its place, and again without harm", async () => {
        const tree = await open()
        await tree.write("/staged/hybrid/5", Buffer.from("batch"))
        for (let again = 0; again < 2; again++) {
          await tree.move("/staged/hybrid/5", "/batches/hybrid/5")
          expect(await text(tree, "/batches/hybrid/5")).to.equal("batch")
          expect(await tree.read("/staged/hybrid/5")).to.equal(undefined)
        }
      })

      it("lists by beginning and removes", async () => {
        const tree = await open()
        for (const path of ["/batches/hybrid/5", "/batches/low-cost/5", "/tile/0/000.p/3", "/staged/hybrid/6"])
          await tree.write(path, Buffer.from("x"))
        expect(await tree.list("/batches/")).to.have.members(["/batches/hybrid/5", "/batches/low-cost/5"])
        expect(await tree.list("/staged/")).to.deep.equal(["/staged/hybrid/6"])
        expect(await tree.list("/nothing/")).to.deep.equal([])
        await tree.remove("/batches/hybrid/5")
        await tree.remove("/batches/hybrid/5")
        expect(await tree.list("/batches/")).to.deep.equal(["/batches/low-cost/5"])
      })
    })

  it("what is staged lies outside of what a file server would serve", async () => {
    const tree = await fileTree(directory)
    await tree.write("/staged/hybrid/5", Buffer.from("x"))
    await tree.write("/checkpoint", Buffer.from("x"))
    expect(await readdir(join(directory, "public"), { recursive: true })).to.deep.equal(["checkpoint"])
  })
})
