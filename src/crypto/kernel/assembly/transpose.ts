// 32×32 bits, four times side by side: bit j of 32-bit lane l of vector i becomes bit i of lane l of vector j.

/** Exchanges the high part of each group of 2·n bits of `a` with the low part of `b`. */
// @ts-ignore: decorator
@inline
function crossing(a: v128, b: v128, n: i32, mask: u32): v128 {
  return v128.and(v128.xor(i32x4.shr_u(a, n), b), i32x4.splat(mask))
}

/** Swaps for distances 16, 8 and 4 among the rows at, at + 4, … at + 28 (of 16 bytes each). */
// @ts-ignore: decorator
@inline
function far(from: usize, to: usize): void {
  let a = v128.load(from, 0)
  let b = v128.load(from, 64)
  let c = v128.load(from, 128)
  let d = v128.load(from, 192)
  let e = v128.load(from, 256)
  let f = v128.load(from, 320)
  let g = v128.load(from, 384)
  let h = v128.load(from, 448)
  let t: v128
  t = crossing(a, e, 16, 0x0000ffff)
  e = v128.xor(e, t)
  a = v128.xor(a, i32x4.shl(t, 16))
  t = crossing(b, f, 16, 0x0000ffff)
  f = v128.xor(f, t)
  b = v128.xor(b, i32x4.shl(t, 16))
  t = crossing(c, g, 16, 0x0000ffff)
  g = v128.xor(g, t)
  c = v128.xor(c, i32x4.shl(t, 16))
  t = crossing(d, h, 16, 0x0000ffff)
  h = v128.xor(h, t)
  d = v128.xor(d, i32x4.shl(t, 16))
  t = crossing(a, c, 8, 0x00ff00ff)
  c = v128.xor(c, t)
  a = v128.xor(a, i32x4.shl(t, 8))
  t = crossing(b, d, 8, 0x00ff00ff)
  d = v128.xor(d, t)
  b = v128.xor(b, i32x4.shl(t, 8))
  t = crossing(e, g, 8, 0x00ff00ff)
  g = v128.xor(g, t)
  e = v128.xor(e, i32x4.shl(t, 8))
  t = crossing(f, h, 8, 0x00ff00ff)
  h = v128.xor(h, t)
  f = v128.xor(f, i32x4.shl(t, 8))
  t = crossing(a, b, 4, 0x0f0f0f0f)
  b = v128.xor(b, t)
  a = v128.xor(a, i32x4.shl(t, 4))
  t = crossing(c, d, 4, 0x0f0f0f0f)
  d = v128.xor(d, t)
  c = v128.xor(c, i32x4.shl(t, 4))
  t = crossing(e, f, 4, 0x0f0f0f0f)
  f = v128.xor(f, t)
  e = v128.xor(e, i32x4.shl(t, 4))
  t = crossing(g, h, 4, 0x0f0f0f0f)
  h = v128.xor(h, t)
  g = v128.xor(g, i32x4.shl(t, 4))
  v128.store(to, a, 0)
  v128.store(to, b, 64)
  v128.store(to, c, 128)
  v128.store(to, d, 192)
  v128.store(to, e, 256)
  v128.store(to, f, 320)
  v128.store(to, g, 384)
  v128.store(to, h, 448)
}

/** Swaps for distances 2 and 1 among four rows. */
// @ts-ignore: decorator
@inline
function near(at: usize, to: usize): void {
  let a = v128.load(at, 0)
  let b = v128.load(at, 16)
  let c = v128.load(at, 32)
  let d = v128.load(at, 48)
  let t: v128
  t = crossing(a, c, 2, 0x33333333)
  c = v128.xor(c, t)
  a = v128.xor(a, i32x4.shl(t, 2))
  t = crossing(b, d, 2, 0x33333333)
  d = v128.xor(d, t)
  b = v128.xor(b, i32x4.shl(t, 2))
  t = crossing(a, b, 1, 0x55555555)
  b = v128.xor(b, t)
  a = v128.xor(a, i32x4.shl(t, 1))
  t = crossing(c, d, 1, 0x55555555)
  d = v128.xor(d, t)
  c = v128.xor(c, i32x4.shl(t, 1))
  v128.store(to, a, 0)
  v128.store(to, b, 16)
  v128.store(to, c, 32)
  v128.store(to, d, 48)
}

/** Transposes the 32 vectors at `rows`, to `to`; `rows` is overwritten. */
export function transpose(rows: usize, to: usize): void {
  for (let i: usize = 0; i < 64; i += 16) far(rows + i, rows + i)
  for (let i: usize = 0; i < 512; i += 64) near(rows + i, to + i)
}
