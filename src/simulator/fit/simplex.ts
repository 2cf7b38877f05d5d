/**
 * The least value of f near `start`: the simplex of Nelder and Mead (1965), with their four moves and the usual
 * coefficients 1, 2, ½, ½. It needs no derivative, and is good for a dozen dimensions at most.
 * @param steps how far each coordinate goes out for the first simplex
 * @param tolerance ends when the best and the worst corner differ by less, and lie as close as a thousandth of
 *   `steps`: corners on both sides of the bottom may be equally high
 */
export function minimise(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  steps: readonly number[],
  tolerance: number,
  maxMoves = 5000,
): number[] {
  const corner = (x: readonly number[]) => ({ x, value: f(x) })
  let simplex = [start, ...start.map((_, i) => start.map((v, j) => (i === j ? v + steps[i]! : v)))].map(corner)
  for (let moves = 0; moves < maxMoves; moves++) {
    simplex.sort((a, b) => a.value - b.value)
    const best = simplex[0]!
    const worst = simplex[simplex.length - 1]!
    const close = best.x.every((v, j) => simplex.every(({ x }) => Math.abs(x[j]! - v) <= Math.abs(steps[j]!) / 1000))
    if (close && worst.value - best.value < tolerance) break
    const others = simplex.slice(0, -1)
    const centre = start.map((_, j) => others.reduce((total, { x }) => total + x[j]!, 0) / others.length)
    const towards = (share: number) => corner(centre.map((c, j) => c + share * (worst.x[j]! - c)))
    let next = towards(-1)
    if (next.value < best.value) {
      const further = towards(-2)
      if (further.value < next.value) next = further
    } else if (next.value >= others[others.length - 1]!.value) {
      next = towards(next.value < worst.value ? -0.5 : 0.5)
      if (next.value >= worst.value) {
        simplex = simplex.map(({ x }) => corner(x.map((v, j) => (v + best.x[j]!) / 2)))
        continue
      }
    }
    simplex = [...others, next]
  }
  return [...simplex.sort((a, b) => a.value - b.value)[0]!.x]
}
