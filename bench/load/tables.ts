import { readFileSync } from "node:fs"
import type { Table } from "../run.ts"
import type { Sample } from "./figures.ts"
import type { Phase, Ran, Trial } from "./trial.ts"

/** What else the machine did: figures of a busy machine are those of a busy machine. */
export const loadAverage = (): string => readFileSync("/proc/loadavg", "ascii").split(" ").slice(0, 3).join(" ")

const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / Math.max(1, all.length)

/** One row for each phase. */
export function phaseTable(phases: readonly Phase[], ran: readonly Ran[]): Table {
  const columns = ["uploads/s", "for s", "acknowledged", "refused", "cut", "p50 ms", "p90", "p99", "p99.9", "max"]
  const rows = ran.map(({ loaded, samples }, i) => {
    const { count: _, ...spread } = loaded.upload
    const busy = (samples.at(-1)?.cpuSeconds ?? 0) - (samples[0]?.cpuSeconds ?? 0)
    const { acknowledged, refused, cut, connections, download, lateMs } = loaded
    return [
      phases[i]!.uploads,
      phases[i]!.seconds,
      acknowledged,
      refused,
      cut,
      ...Object.values(spread),
      loaded.gapMs / 1000,
      download.p99,
      connections,
      lateMs,
      busy / Math.max(1, samples.length - 1),
    ]
  })
  return {
    title: "Latency from the time an upload was due",
    columns: [...columns, "longest s without", "downloads' p99", "connections", "load late by", "processors used"],
    rows,
  }
}

/** Memory and file descriptors in quarters of a phase. */
export function growthTable(samples: readonly Sample[]): Table {
  const quarter = Math.ceil(samples.length / 4)
  const rows = [0, 1, 2, 3].map(i => {
    const part = samples.slice(i * quarter, (i + 1) * quarter)
    return [`${i + 1}`, mean(part.map(({ residentMB }) => residentMB)), mean(part.map(({ files }) => files))]
  })
  return { title: "The server's process, by quarters of the time", columns: ["quarter", "memory MB", "files"], rows }
}

/** What was acknowledged, and what of it was there to be published. */
export function endTable({ ended, acknowledged }: Trial): Table {
  const columns = ["acknowledged", "found", "lost", "s to publish"]
  const rows = [[acknowledged, ended.envelopes, ended.lost, ended.publishSeconds]]
  return { title: "The bucket", columns, rows, wrong: ended.envelopes < acknowledged || ended.lost > 0 }
}
