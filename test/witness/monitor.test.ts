import { expect } from "chai"
import { auditLog } from "../../src/audit/index.ts"
import { fromHex } from "../../src/crypto/index.ts"
import { encodeAuthorityKeys, PATHS, parseNoteKey, tilePath } from "../../src/protocol/index.ts"
import { memoryTree, nativeEd25519 } from "../../src/server/index.ts"
import { follow, type Mirror } from "../../src/witness/index.ts"
import { startOf, TestLog } from "../client/test-log.ts"

const FIRST = 220_680

/** A log of some buckets, and a monitor of it that may be stopped at its n-th write. */
function world(buckets: number, more = 0) {
  const log = new TestLog(FIRST)
  const authorities = encodeAuthorityKeys([fromHex("11".repeat(32))])
  log.addLogged("authority-keys", FIRST, authorities)
  log.files.set(PATHS.authorityKeys, authorities)
  for (let i = 0; i < more; i++) log.addLogged("authority-keys", FIRST, Uint8Array.of(i, i >> 8))
  for (let n = 0; n < buckets; n++) log.addBatch(FIRST + n)
  log.publish(FIRST + buckets - 1, { all: true })
  const key = parseNoteKey(log.config.server.logKey)
  const mirror = memoryTree()
  const asked: string[] = []
  const look = (to: Mirror = mirror, bucket = FIRST + buckets) =>
    follow(
      key,
      { witnesses: [], quorum: 0 },
      {
        fetch: async path => {
          asked.push(path)
          return log.tamper(path, log.files.get(path))
        },
        mirror: to,
        clock: () => startOf(bucket) + 60,
        ed25519: nativeEd25519,
      },
    )
  return { log, key, mirror, asked, look }
}

describe("a monitor", () => {
  it("takes a whole log into its mirror, and then only what is new", async () => {
    const at = world(3)
    expect(await at.look()).to.deep.include({ isNew: true, batches: 3, violations: [] })
    at.log.addBatch(FIRST + 3)
    at.log.publish(FIRST + 3)
    at.asked.length = 0
    expect(await at.look(at.mirror, FIRST + 4)).to.deep.include({ isNew: true, batches: 1, violations: [] })
    expect(at.asked.filter(path => path.startsWith("/batches/"))).to.deep.equal([PATHS.batch("hybrid", FIRST + 3)])
    expect(await at.look(at.mirror, FIRST + 4)).to.deep.include({ isNew: false, batches: 0, violations: [] })
  })

  it("has a mirror that can be audited like the server itself", async () => {
    const at = world(5)
    await at.look()
    const audited = async (read: (path: string) => Promise<Uint8Array | undefined>) => {
      const now = startOf(FIRST + 5) + 60
      const { findings } = await auditLog({ files: { read }, logKey: at.key, now, ed25519: nativeEd25519 })
      return findings
    }
    expect(await audited(path => at.mirror.read(path))).to.deep.equal(
      await audited(async path => at.log.files.get(path)),
    )
  })

  it("that is stopped at any write goes on where it was, and ends with the same mirror", async () => {
    const whole = world(4)
    let writes = 0
    await whole.look({
      read: path => whole.mirror.read(path),
      write: (path, bytes) => {
        writes++
        return whole.mirror.write(path, bytes)
      },
    })
    expect(writes).to.be.greaterThan(7)
    for (let fatal = 1; fatal <= writes; fatal++) {
      const at = world(4)
      let done = 0
      const failing: Mirror = {
        read: path => at.mirror.read(path),
        write: (path, bytes) => (++done === fatal ? Promise.reject(new Error("killed")) : at.mirror.write(path, bytes)),
      }
      expect(await at.look(failing).catch(error => error.message), `write ${fatal}`).to.equal("killed")
      expect((await at.look()).violations, `write ${fatal}`).to.deep.equal([])
      expect((await at.mirror.list("/")).sort(), `write ${fatal}`).to.deep.equal((await whole.mirror.list("/")).sort())
    }
  })

  it("does not believe a head whose tiles or leaves are missing, and leaves its mirror as it was", async () => {
    for (const hidden of ["/tile/0/", "/tile/entries/"]) {
      const at = world(2)
      at.log.tamper = (path, file) => (path.startsWith(hidden) ? undefined : file)
      const { violations, head } = await at.look()
      expect(violations.map(({ code }) => code)).to.deep.equal(["log-inconsistent"])
      expect(head).to.equal(undefined)
      expect(await at.mirror.list("/")).to.deep.equal([])
    }
  })

  it("begins late with a log whose old entry bundles were pruned, and misses no recent one", async () => {
    // Under 1,505 leaves phones ask for those from 256 on; the first bundle may be gone, the second may not.
    const without = async (index: number) => {
      const at = world(2, 1500)
      const path = tilePath({ level: -1, index, width: 256 })
      at.log.files.delete(path)
      const { violations, isNew } = await at.look()
      return { isNew, missing: violations.some(({ what }) => what === `${path} is not there`) }
    }
    expect(await without(0)).to.deep.equal({ isNew: true, missing: false })
    expect(await without(1)).to.deep.equal({ isNew: false, missing: true })
  })

  it("looks again at what was missing or wrong, until it is there", async () => {
    const at = world(2)
    const path = PATHS.batch("hybrid", FIRST)
    at.log.tamper = (asked, file) => (asked === path ? undefined : file)
    expect((await at.look()).violations.map(({ code, where }) => [code, where])).to.deep.equal([["not-in-log", path]])
    expect((await at.look()).violations).to.have.length(1)
    at.log.tamper = (_, file) => file
    expect(await at.look()).to.deep.include({ batches: 1, violations: [] })
  })

  it("tells a broken connection from a lie", async () => {
    const at = world(1)
    at.log.tamper = () => {
      throw new Error("no route to host")
    }
    expect(await at.look().catch(error => error.message)).to.equal("no route to host")
    at.log.tamper = () => undefined
    expect(await at.look().catch(error => error.code)).to.equal("network")
  })
})
