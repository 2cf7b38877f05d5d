import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { encodeNoteKey } from "../../src/protocol/index.ts"
import { cleanTree, config, type Tree } from "../audit/world.ts"
import { noteKey } from "../server/world.ts"

const script = fileURLToPath(new URL("../../../test/interop/log.py", import.meta.url))
const key = encodeNoteKey(noteKey(config))
const hasPython = ["python3", "openssl"].every(tool => spawnSync(tool, ["version"]).error === undefined)

/** What the second implementation says of a tree. */
function judged(tree: Tree, ...args: string[]): { status: number | null; stdout: string } {
  const directory = mkdtempSync(join(tmpdir(), "lindung-log-"))
  try {
    for (const [path, bytes] of tree.files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), bytes)
    }
    return spawnSync("python3", [script, directory, key, ...args], { encoding: "utf8" })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const wrongs = ({ stdout }: { stdout: string }): string[] => stdout.match(/^WRONG .*$/gm) ?? []

describe("a second implementation of the log, in Python", () => {
  before(function () {
    if (hasPython) return
    console.log("      skipped: python3 or openssl is missing")
    this.skip()
  })
  const long = () => cleanTree(["low-cost"], 270)

  it("takes what an honest server publishes, root and batch", async () => {
    const tree = await long()
    const { status, stdout } = judged(tree, "low-cost", String(tree.batch(7).leaf.bucket))
    expect(stdout).to.match(/^(ok .*\n){4}$/)
    expect(status).to.equal(0)
  })

  const lies: readonly [string, RegExp, (tree: Tree) => void][] = [
    ["another signature", /has signed/, tree => tree.missign()],
    ["a leaf changed in one bit", /signed root/, tree => tree.damage("/tile/entries/000", 60)],
    ["a batch changed in one bit", /file that was logged/, tree => tree.damage(tree.batch(0).path, -1)],
  ]
  for (const [what, claim, lie] of lies)
    it(`refuses ${what}, as the audit does`, async () => {
      const tree = await long()
      lie(tree)
      const answer = judged(tree)
      expect(answer.status).to.equal(1)
      expect(wrongs(answer)).to.have.length(1)
      expect(wrongs(answer)[0]).to.match(claim)
      expect((await tree.audit()).findings).to.have.length(1)
    })
})
