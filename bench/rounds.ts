/** How often something is measured: half as often when all benches run one after the other, so that they take minutes. */
export const rounds = (alone: number): number =>
  process.env["LINDUNG_BENCH_ALL"] === undefined ? alone : Math.max(2, Math.ceil(alone / 2))
