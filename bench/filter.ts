import { createHash } from "node:crypto"
import { cuckooFilter, filterHash, ribbonFilter, sha256, u32 } from "../src/crypto/index.ts"
import { buildFuse } from "./filter/binary-fuse.ts"
import type { Bench } from "./run.ts"

const EPOCHS_PER_PATIENT = 480
const PATIENTS = [20, 100, 1000]
const LOOKUPS = 300_000

interface Built {
  readonly bytes: number
  has(y: Uint8Array): boolean
}

const nodeSha256 = (message: Uint8Array) => createHash("sha256").update(message).digest()
const sized = (filter: { bytes(): Uint8Array; has(y: Uint8Array): boolean }): Built => ({
  bytes: filter.bytes().length,
  has: y => filter.has(y),
})

/** All at 2^-42: the false-positive rate of the white paper's filter. */
const FILTERS: Record<string, (hashes: Uint8Array) => Built> = {
  "cuckoo, b = 4, f = 45": hashes => sized(cuckooFilter.build(hashes, 45)),
  "cuckoo, SHA-256 of Node": hashes => sized(cuckooFilter.build(hashes, 45, nodeSha256)),
  "binary fuse 3, f = 42": hashes => fuse(hashes, 3),
  "binary fuse 4, f = 42": hashes => fuse(hashes, 4),
  "ribbon, w = 256, f = 42": hashes => sized(ribbonFilter.build(hashes, 42)),
}

function fuse(hashes: Uint8Array, arity: 3 | 4): Built {
  const filter = buildFuse(hashes, 42, arity)
  return { bytes: Math.ceil(filter.bits / 8), has: y => filter.has(y) }
}

function hashesOf(label: number, n: number): Uint8Array {
  const out = new Uint8Array(32 * n)
  for (let i = 0; i < n; i++) out.set(sha256(u32(label), u32(i)), 32 * i)
  return out
}

/** Nanoseconds of a call: the median of seven rounds. */
function nanoseconds(calls: number, work: (i: number) => void): number {
  const rounds = Array.from({ length: 7 }, () => {
    const from = performance.now()
    for (let i = 0; i < calls; i++) work(i)
    return ((performance.now() - from) * 1e6) / calls
  })
  return rounds.sort((a, b) => a - b)[3]!
}

export const bench: Bench = {
  title: `Filters at 2^-42: ${EPOCHS_PER_PATIENT} items a patient (white paper: 2,880 bytes); look-ups without hashing x`,
  async run() {
    const absent = hashesOf(2, 4096)
    const rows: Record<string, string | number>[] = []
    for (const patients of PATIENTS) {
      const items = patients * EPOCHS_PER_PATIENT
      const hashes = hashesOf(1, items)
      for (const [name, build] of Object.entries(FILTERS)) {
        build(hashes)
        const from = performance.now()
        const filter = build(hashes)
        const buildMs = performance.now() - from
        const look = (list: Uint8Array, n: number) =>
          nanoseconds(LOOKUPS / 10, i => {
            const at = 32 * (i % n)
            filter.has(list.subarray(at, at + 32))
          })
        rows.push({
          filter: name,
          patients,
          bytes: filter.bytes,
          "bytes a patient": Math.round(filter.bytes / patients),
          "bits an item": Number(((filter.bytes * 8) / items).toFixed(2)),
          "build ms": Math.round(buildMs),
          "look-up ns, absent": Math.round(look(absent, 4096)),
          "look-up ns, present": Math.round(look(hashes, items)),
        })
      }
    }
    const salt = new Uint8Array(16)
    const hash = nanoseconds(LOOKUPS / 10, i =>
      filterHash(salt, absent.subarray(32 * (i % 4096), 32 * (i % 4096) + 32)),
    )
    rows.push({
      filter: "y = H(label, salt, x), for each of them",
      patients: "",
      bytes: "",
      "bytes a patient": "",
      "bits an item": "",
      "build ms": "",
      "look-up ns, absent": Math.round(hash),
      "look-up ns, present": Math.round(hash),
    })
    return rows
  },
}
