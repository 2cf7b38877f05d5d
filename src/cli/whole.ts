import { readdirSync, rmSync } from "node:fs"
import { mkdir, readdir } from "node:fs/promises"
import { constants } from "node:os"
import { join } from "node:path"

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** As a shell counts: 130 for Ctrl-C. */
export const exitCodeOf = (signal: (typeof SIGNALS)[number]): number => 128 + constants.signals[signal]

/**
 * Fills a directory that is new or empty, wholly or not at all: what fails, or is told to stop, takes away what it wrote.
 * @throws Error when there is something in it already, which stays as it is
 */
export async function fillWhole<T>(directory: string, mode: number, fill: () => Promise<T>): Promise<T> {
  const made = await mkdir(directory, { recursive: true, mode })
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty; nothing was changed`)
  const undo = () => {
    if (made !== undefined) rmSync(made, { recursive: true, force: true })
    else for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true, force: true })
  }
  return await undoneOnSignal(undo, async () => {
    try {
      return await fill()
    } catch (error) {
      undo()
      throw error
    }
  })
}

/** While it works, a signal undoes it and ends the process. */
export async function undoneOnSignal<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    undo()
    process.exit(exitCodeOf(signal))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await work()
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
