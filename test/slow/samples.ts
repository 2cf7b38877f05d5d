export const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length

function variance(x: readonly number[]): number {
  const middle = mean(x)
  return x.reduce((a, b) => a + (b - middle) ** 2, 0) / (x.length - 1)
}

/** Welch's t of two samples. */
export const welch = (a: readonly number[], b: readonly number[]): number =>
  (mean(a) - mean(b)) / Math.sqrt(variance(a) / a.length + variance(b) / b.length)

/** Chance that one of the first is greater than one of the second, ties half: 0.5 tells nothing. */
export function area(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map(value => ({ value, first: 1 })), ...b.map(value => ({ value, first: 0 }))]
  all.sort((x, y) => x.value - y.value)
  let ranks = 0
  for (let i = 0; i < all.length; ) {
    let end = i
    while (end < all.length && all[end]!.value === all[i]!.value) end++
    for (let k = i; k < end; k++) ranks += all[k]!.first * ((i + 1 + end) / 2)
    i = end
  }
  return (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length)
}
