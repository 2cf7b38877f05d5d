// MixColumns and AddRoundKey on 128 blocks at once, bitsliced (FIPS 197, 5.1.3 and 5.1.4).
import { BYTE, COLUMN } from "./layout"

// @ts-ignore: decorator
@inline
export function xor(a: v128, b: v128): v128 {
  return v128.xor(a, b)
}

/** One bit of one byte of MixColumns and AddRoundKey: 2·t is given as the bit of t below, t = a ⊕ b. */
// @ts-ignore: decorator
@inline
function mixed(twice: v128, b: v128, t: v128, key: usize): v128 {
  return xor(xor(twice, b), xor(t, v128.load(key)))
}

/** MixColumns of COLUMN, then AddRoundKey. Written out bit by bit: what one bit leaves for the next stays in registers. */
// @ts-ignore: decorator
@inline
export function mix(key: usize, to: usize): void {
  const high0 = xor(v128.load(COLUMN, 112), v128.load(COLUMN + BYTE, 112))
  const high1 = xor(v128.load(COLUMN + BYTE, 112), v128.load(COLUMN + 2 * BYTE, 112))
  const high2 = xor(v128.load(COLUMN + 2 * BYTE, 112), v128.load(COLUMN + 3 * BYTE, 112))
  const high3 = xor(v128.load(COLUMN + 3 * BYTE, 112), v128.load(COLUMN, 112))
  let below0 = high0
  let below1 = high1
  let below2 = high2
  let below3 = high3
  let a0: v128, a1: v128, a2: v128, a3: v128, t0: v128, t1: v128, t2: v128, t3: v128
  a0 = v128.load(COLUMN, 0)
  a1 = v128.load(COLUMN + BYTE, 0)
  a2 = v128.load(COLUMN + 2 * BYTE, 0)
  a3 = v128.load(COLUMN + 3 * BYTE, 0)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(below0, a1, t2, key + 0), 0)
  v128.store(to, mixed(below1, a2, t3, key + 1 * BYTE + 0), 128)
  v128.store(to, mixed(below2, a3, t0, key + 2 * BYTE + 0), 256)
  v128.store(to, mixed(below3, a0, t1, key + 3 * BYTE + 0), 384)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 16)
  a1 = v128.load(COLUMN + BYTE, 16)
  a2 = v128.load(COLUMN + 2 * BYTE, 16)
  a3 = v128.load(COLUMN + 3 * BYTE, 16)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(xor(below0, high0), a1, t2, key + 16), 16)
  v128.store(to, mixed(xor(below1, high1), a2, t3, key + 1 * BYTE + 16), 144)
  v128.store(to, mixed(xor(below2, high2), a3, t0, key + 2 * BYTE + 16), 272)
  v128.store(to, mixed(xor(below3, high3), a0, t1, key + 3 * BYTE + 16), 400)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 32)
  a1 = v128.load(COLUMN + BYTE, 32)
  a2 = v128.load(COLUMN + 2 * BYTE, 32)
  a3 = v128.load(COLUMN + 3 * BYTE, 32)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(below0, a1, t2, key + 32), 32)
  v128.store(to, mixed(below1, a2, t3, key + 1 * BYTE + 32), 160)
  v128.store(to, mixed(below2, a3, t0, key + 2 * BYTE + 32), 288)
  v128.store(to, mixed(below3, a0, t1, key + 3 * BYTE + 32), 416)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 48)
  a1 = v128.load(COLUMN + BYTE, 48)
  a2 = v128.load(COLUMN + 2 * BYTE, 48)
  a3 = v128.load(COLUMN + 3 * BYTE, 48)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(xor(below0, high0), a1, t2, key + 48), 48)
  v128.store(to, mixed(xor(below1, high1), a2, t3, key + 1 * BYTE + 48), 176)
  v128.store(to, mixed(xor(below2, high2), a3, t0, key + 2 * BYTE + 48), 304)
  v128.store(to, mixed(xor(below3, high3), a0, t1, key + 3 * BYTE + 48), 432)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 64)
  a1 = v128.load(COLUMN + BYTE, 64)
  a2 = v128.load(COLUMN + 2 * BYTE, 64)
  a3 = v128.load(COLUMN + 3 * BYTE, 64)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(xor(below0, high0), a1, t2, key + 64), 64)
  v128.store(to, mixed(xor(below1, high1), a2, t3, key + 1 * BYTE + 64), 192)
  v128.store(to, mixed(xor(below2, high2), a3, t0, key + 2 * BYTE + 64), 320)
  v128.store(to, mixed(xor(below3, high3), a0, t1, key + 3 * BYTE + 64), 448)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 80)
  a1 = v128.load(COLUMN + BYTE, 80)
  a2 = v128.load(COLUMN + 2 * BYTE, 80)
  a3 = v128.load(COLUMN + 3 * BYTE, 80)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(below0, a1, t2, key + 80), 80)
  v128.store(to, mixed(below1, a2, t3, key + 1 * BYTE + 80), 208)
  v128.store(to, mixed(below2, a3, t0, key + 2 * BYTE + 80), 336)
  v128.store(to, mixed(below3, a0, t1, key + 3 * BYTE + 80), 464)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 96)
  a1 = v128.load(COLUMN + BYTE, 96)
  a2 = v128.load(COLUMN + 2 * BYTE, 96)
  a3 = v128.load(COLUMN + 3 * BYTE, 96)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(below0, a1, t2, key + 96), 96)
  v128.store(to, mixed(below1, a2, t3, key + 1 * BYTE + 96), 224)
  v128.store(to, mixed(below2, a3, t0, key + 2 * BYTE + 96), 352)
  v128.store(to, mixed(below3, a0, t1, key + 3 * BYTE + 96), 480)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
  a0 = v128.load(COLUMN, 112)
  a1 = v128.load(COLUMN + BYTE, 112)
  a2 = v128.load(COLUMN + 2 * BYTE, 112)
  a3 = v128.load(COLUMN + 3 * BYTE, 112)
  t0 = xor(a0, a1)
  t1 = xor(a1, a2)
  t2 = xor(a2, a3)
  t3 = xor(a3, a0)
  v128.store(to, mixed(below0, a1, t2, key + 112), 112)
  v128.store(to, mixed(below1, a2, t3, key + 1 * BYTE + 112), 240)
  v128.store(to, mixed(below2, a3, t0, key + 2 * BYTE + 112), 368)
  v128.store(to, mixed(below3, a0, t1, key + 3 * BYTE + 112), 496)
  below0 = t0
  below1 = t1
  below2 = t2
  below3 = t3
}
