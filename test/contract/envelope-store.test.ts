import {
  appendFile,
  open as fileHandle,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { type EnvelopeStore, memoryEnvelopes, segmentEnvelopes } from "../../src/server/index.ts"
import { seeded } from "../dice.ts"

const BUCKET = 247_650
const envelope = (n: number, length = 300): Uint8Array => new Uint8Array(length).fill(n)

async function all(store: EnvelopeStore, bucket: number): Promise<number[]> {
  const found: number[] = []
  for await (const bytes of store.read(bucket)) found.push(bytes[0]!)
  return found.sort((a, b) => a - b)
}

async function refused(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  )
}

describe("every envelope store", () => {
  let directory = ""
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-envelopes-"))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const adapters: Record<string, () => Promise<EnvelopeStore>> = {
    memory: async () => memoryEnvelopes(),
    segments: () => segmentEnvelopes(join(directory, "envelopes"), seeded(1)),
  }

  for (const [name, open] of Object.entries(adapters))
    describe(`envelope store: ${name}`, () => {
      it("gives what was appended, from every gathering, and counts it", async () => {
        const store = await open()
        await store.append(BUCKET, [envelope(1), envelope(2, 6759)])
        await store.append(BUCKET, [envelope(3)])
        await store.append(BUCKET + 1, [envelope(4)])
        expect(await all(store, BUCKET)).to.deep.equal([1, 2, 3])
        expect(await store.count(BUCKET)).to.equal(3)
        expect(await store.buckets()).to.include.members([BUCKET, BUCKET + 1])
        await store.close()
      })

      it("keeps gatherings that are appended at once apart", async () => {
        const store = await open()
        await Promise.all(Array.from({ length: 20 }, (_, i) => store.append(BUCKET, [envelope(i), envelope(100 + i)])))
        expect(await store.count(BUCKET)).to.equal(40)
        expect(await all(store, BUCKET)).to.have.length(40)
        await store.close()
      })

      it("does not keep the caller's arrays, nor give away its own", async () => {
        const store = await open()
        const mine = envelope(1)
        await store.append(BUCKET, [mine])
        mine.fill(9)
        for await (const given of store.read(BUCKET)) given.fill(8)
        expect(await all(store, BUCKET)).to.deep.equal([1])
        await store.close()
      })

      it("refuses a sealed bucket and keeps its count", async () => {
        const store = await open()
        await store.append(BUCKET, [envelope(1), envelope(2)])
        expect(await store.sealed(BUCKET)).to.equal(undefined)
        expect(await store.seal(BUCKET)).to.equal(2)
        expect(await refused(store.append(BUCKET, [envelope(3)]))).to.equal(true)
        expect(await store.seal(BUCKET)).to.equal(2)
        expect(await store.sealed(BUCKET)).to.equal(2)
        expect(await all(store, BUCKET)).to.deep.equal([1, 2])
        await store.close()
      })

      it("seals a bucket that nothing came for", async () => {
        const store = await open()
        expect(await store.seal(BUCKET)).to.equal(0)
        expect(await store.sealed(BUCKET)).to.equal(0)
        expect(await all(store, BUCKET)).to.deep.equal([])
        await store.close()
      })

      it("forgets a removed bucket, and removes one that is not there", async () => {
        const store = await open()
        await store.append(BUCKET, [envelope(1)])
        await store.seal(BUCKET)
        await store.remove(BUCKET)
        await store.remove(BUCKET - 1)
        expect(await store.sealed(BUCKET)).to.equal(undefined)
        expect(await all(store, BUCKET)).to.deep.equal([])
        expect(await store.buckets()).to.not.include(BUCKET)
        await store.close()
      })
    })

  describe("segments of envelopes", () => {
    const path = (...names: string[]) => join(directory, "envelopes", String(BUCKET), ...names)

    it("are found again by the next process, which writes to a segment of its own", async () => {
      const first = await adapters["segments"]!()
      await first.append(BUCKET, [envelope(1)])
      await first.close()
      const second = await adapters["segments"]!()
      await second.append(BUCKET, [envelope(2)])
      expect(await second.count(BUCKET)).to.equal(2)
      expect(await readdir(path())).to.have.members(["1.seg", "2.seg"])
      expect(await second.seal(BUCKET)).to.equal(2)
      await second.close()
      const third = await adapters["segments"]!()
      expect(await third.sealed(BUCKET)).to.equal(2)
      expect(await all(third, BUCKET)).to.deep.equal([1, 2])
    })

    it("with a tail torn at any byte lose that tail alone", async () => {
      const store = await adapters["segments"]!()
      await store.append(BUCKET, [envelope(1), envelope(2)])
      await store.close()
      const whole = await readFile(path("1.seg"))
      for (let length = 0; length < whole.length; length += length % 308 < 12 ? 1 : 37) {
        await writeFile(path("1.seg"), whole.subarray(0, length))
        const next = await adapters["segments"]!()
        expect(await all(next, BUCKET)).to.have.length(length < 308 ? 0 : 1)
      }
    })

    it("pass over a tail of zeros or of noise", async () => {
      for (const tail of [new Uint8Array(5000), new Uint8Array(5000).fill(0xff), new Uint8Array(300).fill(1)]) {
        const store = await adapters["segments"]!()
        await store.append(BUCKET, [envelope(1)])
        await store.close()
        await appendFile(path("1.seg"), tail)
        const next = await adapters["segments"]!()
        await next.append(BUCKET, [envelope(2)])
        expect(await all(next, BUCKET)).to.deep.equal([1, 2])
        await next.remove(BUCKET)
        await next.close()
      }
    })

    it("of a flush or a write that failed hide nothing of what is written after it", async () => {
      const probe = await fileHandle(join(directory, "probe"), "w")
      const handle = Object.getPrototypeOf(probe) as Record<"sync" | "write", (...args: unknown[]) => unknown>
      await probe.close()
      for (const step of ["sync", "write"] as const) {
        const store = await adapters["segments"]!()
        await store.append(BUCKET, [envelope(1)])
        const real = handle[step]
        handle[step] = async function (this: unknown, ...args: unknown[]) {
          // A full disk takes the beginning of a write, and then no more.
          if (step === "write") await real.call(this, args[0], 0, 100, args[3])
          throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
        }
        try {
          expect(await refused(store.append(BUCKET, [envelope(2)]))).to.equal(true)
        } finally {
          handle[step] = real
        }
        await store.append(BUCKET, [envelope(3)])
        const found = await all(store, BUCKET)
        expect(found, step).to.include.members([1, 3])
        expect(await store.count(BUCKET)).to.equal(found.length)
        expect(await readdir(path())).to.have.members(["1.seg", "2.seg"])
        await store.remove(BUCKET)
        await store.close()
      }
    })

    it("leave no file open that could not be made whole, however long a disk goes on failing", async () => {
      const at = join(directory, "envelopes")
      const store = await segmentEnvelopes(at, seeded(1))
      await store.append(BUCKET, [envelope(1)])
      const probe = await fileHandle(join(directory, "probe"), "w")
      const handle = Object.getPrototypeOf(probe)
      await probe.close()
      const { utimes } = handle
      handle.utimes = () => Promise.reject(new Error("EROFS"))
      try {
        for (let again = 0; again < 20; again++)
          expect(await refused(store.append(BUCKET, [envelope(2)]))).to.equal(true)
      } finally {
        handle.utimes = utimes
      }
      const open = await Promise.all(
        (await readdir("/proc/self/fd")).map(fd => readlink(`/proc/self/fd/${fd}`, "utf8").catch(() => "")),
      )
      expect(open.filter(path => path.startsWith(at))).to.deep.equal([])
      await store.append(BUCKET, [envelope(3)])
      expect(await all(store, BUCKET)).to.include.members([1, 3])
      await store.close()
    })

    it("show no time of arrival: files and directories carry the bucket's start", async () => {
      const store = await adapters["segments"]!()
      await store.prepare(BUCKET)
      await store.append(BUCKET, [envelope(1)])
      for (const place of [path("1.seg"), path(), join(directory, "envelopes")])
        expect((await stat(place)).mtimeMs, place).to.equal(BUCKET * 7_200_000)
      await store.close()
    })

    it("show no time of a process that was killed before it set them, once the next one has begun", async () => {
      const store = await adapters["segments"]!()
      await store.append(BUCKET, [envelope(1)])
      await store.close()
      await utimes(path("1.seg"), 1_783_080_001, 1_783_080_001)
      const next = await segmentEnvelopes(join(directory, "envelopes"), seeded(2))
      await next.prepare(BUCKET)
      for (const name of ["1.seg", "2.seg"]) expect((await stat(path(name))).mtimeMs, name).to.equal(BUCKET * 7_200_000)
      await next.close()
    })
  })
})
