import ProgressBar from "progress"
import { LindungError } from "../protocol/index.ts"

/** A bar on the error stream, so that the output stays clean; nothing where no person is watching. */
export function progressBar(what: string, total: number): { advance(steps?: number): void } {
  if (!process.stderr.isTTY || total < 2) return { advance() {} }
  const bar = new ProgressBar(`${what} [:bar] :current/:total :etas left`, { total, width: 30, clear: true })
  return { advance: (steps = 1) => bar.tick(steps) }
}

/** Columns aligned, numbers to the right; the first row is the head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => String(row[column] ?? "").length))) ?? []
  return rows
    .map(row =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width)
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

/** The end of a command's help: lines that can be typed as they are. */
export const examples = (...lines: readonly string[]): string =>
  `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map(line => `  ${line}`).join("\n")}`

/** The last word of a command that could not do its work: what was wrong, on the error stream; exit code 2. */
export function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  const problems = error instanceof LindungError ? error.problems : undefined
  console.error(`lindung: ${problems?.map(problem => `\n  ${problem}`).join("") ?? message}`)
  process.exit(2)
}
