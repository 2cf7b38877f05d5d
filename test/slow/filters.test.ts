import { expect } from "chai"
import { concat, cuckooFilter, type Filter, ribbonFilter, sha256, u32 } from "../../src/crypto/index.ts"

const LOOKUPS = 1_000_000_000
const F = 12
/** Load 0.89 of 2,048 buckets: as full as a cuckoo filter gets here. */
const N = 7_300

const hashes = concat(...Array.from({ length: N }, (_, i) => sha256(u32(1), u32(i))))

/** H of the 4,096 possible messages, computed once: a billion SHA-256 would take an hour and test SHA-256. */
function remembered(): cuckooFilter.Sha256 {
  const known: (Uint8Array | undefined)[] = new Array(2 ** F)
  return message => {
    const fingerprint = (message[22]! << 8) | message[23]!
    let digest = known[fingerprint]
    if (digest === undefined) known[fingerprint] = digest = sha256(message)
    return digest
  }
}

/** Look-ups of a billion pseudo-random values (xorshift128, Marsaglia 2003), none of them an item. */
function count(filter: Filter): number {
  const y = new Uint8Array(32)
  const words = new Uint32Array(y.buffer)
  let a = 0x12345678
  let b = 0x9abcdef0
  let c = 0x0fedcba9
  let d = 0x87654321
  let yes = 0
  for (let i = 0; i < LOOKUPS; i++) {
    for (let k = 0; k < 8; k++) {
      const t = a ^ (a << 11)
      a = b
      b = c
      c = d
      d = d ^ (d >>> 19) ^ t ^ (t >>> 8)
      words[k] = d
    }
    if (filter.has(y)) yes++
  }
  return yes
}

describe("false positives of a billion look-ups", () => {
  it("cuckoo, b = 4, f = 12: the share of yes is 2b/2^f times the load, to half a per cent", function () {
    this.timeout(0)
    const filter = cuckooFilter.build(hashes, F, remembered())
    const buckets = new DataView(filter.bytes().buffer).getUint32(2)
    const load = N / (4 * buckets)
    const measured = count(filter) / LOOKUPS
    const bound = 8 / 2 ** F
    console.log(`      measured ${measured}, 2b/2^f = ${bound}, load ${load}, product ${bound * load}`)
    expect(Math.abs(measured / (bound * load) - 1)).to.be.below(0.005)
    expect(measured).to.be.below(bound)
  })

  it("ribbon, f = 12: the share of yes is 2^-f, to half a per cent", function () {
    this.timeout(0)
    const measured = count(ribbonFilter.build(hashes, F)) / LOOKUPS
    console.log(`      measured ${measured}, 2^-f = ${2 ** -F}`)
    expect(Math.abs(measured * 2 ** F - 1)).to.be.below(0.01)
  })
})
