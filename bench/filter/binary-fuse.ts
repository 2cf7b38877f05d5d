/**
 * Binary fuse filters with three or four places an item (Graf and Lemire, 2022), to compare with: not shipped.
 * y gives the places and the fingerprint; another attempt mixes its words with the attempt's number.
 */
export interface FuseFilter {
  /** Bits of the packed array. */
  readonly bits: number
  has(y: Uint8Array): boolean
}

const view = (y: Uint8Array, offset: number, i: number): number =>
  ((y[offset + 4 * i]! << 24) |
    (y[offset + 4 * i + 1]! << 16) |
    (y[offset + 4 * i + 2]! << 8) |
    y[offset + 4 * i + 3]!) >>>
  0

function mix(word: number): number {
  let x = word ^ (word >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

export function buildFuse(hashes: Uint8Array, f: number, arity: 3 | 4): FuseFilter {
  const n = hashes.length / 32
  const log = Math.log(Math.max(n, 2))
  const exponent = arity === 3 ? Math.floor(log / Math.log(3.33) + 2.25) : Math.floor(log / Math.log(2.91) - 0.5)
  const segment = 2 ** Math.min(18, Math.max(2, exponent))
  const factor =
    arity === 3
      ? Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / log)
      : Math.max(1.075, 0.77 + (0.305 * Math.log(6e5)) / log)
  const segments = Math.max(1, Math.ceil((n * factor) / segment) - arity + 1)
  const cells = (segments + arity - 1) * segment
  const places = new Uint32Array(arity)
  const locate = (y: Uint8Array, offset: number, attempt: number): void => {
    const word = (i: number) =>
      attempt === 0 ? view(y, offset, i) : mix((view(y, offset, i) + Math.imul(attempt, 0x9e3779b9)) >>> 0)
    const first = Math.floor((word(0) * (segments * segment)) / 2 ** 32)
    places[0] = first
    for (let k = 1; k < arity; k++) places[k] = (first + k * segment) ^ (word(2 + k) & (segment - 1))
  }
  const maskHigh = f >= 32 ? -1 : -1 << (32 - f)
  const maskLow = f <= 32 ? 0 : -1 << (64 - f)
  for (let attempt = 0; attempt < 100; attempt++) {
    const count = new Uint32Array(cells)
    const sum = new Uint32Array(cells)
    for (let i = 0; i < n; i++) {
      locate(hashes, 32 * i, attempt)
      for (const place of places) {
        count[place]!++
        sum[place]! ^= i
      }
    }
    const queue: number[] = []
    for (let cell = 0; cell < cells; cell++) if (count[cell] === 1) queue.push(cell)
    const order: [item: number, cell: number][] = []
    for (let cell = queue.pop(); cell !== undefined; cell = queue.pop()) {
      if (count[cell] !== 1) continue
      const item = sum[cell]!
      order.push([item, cell])
      locate(hashes, 32 * item, attempt)
      for (const place of places) {
        sum[place]! ^= item
        if (--count[place]! === 1) queue.push(place)
      }
    }
    if (order.length < n) continue
    const high = new Uint32Array(cells)
    const low = new Uint32Array(cells)
    for (let k = order.length - 1; k >= 0; k--) {
      const [item, cell] = order[k]!
      let h = view(hashes, 32 * item, 1) & maskHigh
      let l = view(hashes, 32 * item, 2) & maskLow
      locate(hashes, 32 * item, attempt)
      for (const place of places) {
        h ^= high[place]!
        l ^= low[place]!
      }
      high[cell] = h
      low[cell] = l
    }
    return {
      bits: cells * f,
      has(y) {
        locate(y, 0, attempt)
        let h = view(y, 0, 1) & maskHigh
        let l = view(y, 0, 2) & maskLow
        for (const place of places) {
          h ^= high[place]!
          l ^= low[place]!
        }
        return h === 0 && l === 0
      },
    }
  }
  throw new Error("no binary fuse filter in a hundred attempts")
}
