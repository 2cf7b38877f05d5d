import { join } from "node:path"
import type { DiskFile } from "../../src/audit/index.ts"
import { filesOf } from "../../src/cli/audit/seized.ts"
import { seeded } from "../dice.ts"
import { discard, Handover, type Mutant, type Person } from "./deployment.ts"

/** Every file of a deployment by its path; segments with their frames sorted, because their order is drawn. */
export type Disk = Map<string, string>

const HEAD_BYTES = 8

const sortedFrames = (bytes: Buffer): Buffer => {
  if (bytes.length < HEAD_BYTES) return bytes
  const step = HEAD_BYTES + bytes.readUInt32BE(0)
  const frames = Array.from({ length: bytes.length / step }, (_, i) => bytes.subarray(i * step, (i + 1) * step))
  return Buffer.concat(frames.sort(Buffer.compare))
}

async function contentOf({ path, read }: DiskFile): Promise<string> {
  const bytes = Buffer.from(await read())
  return (path.endsWith(".seg") ? sortedFrames(bytes) : bytes).toString("latin1")
}

export async function diskOf(directory: string, below: string): Promise<Disk> {
  const files = (await filesOf(join(directory, below))).filter(({ path }) => !path.endsWith("-shm"))
  return new Map(await Promise.all(files.map(async file => [file.path, await contentOf(file)] as const)))
}

/**
 * A world in which people act one after the other, and its server's disks while the bucket is open and afterwards. Two
 * worlds have the same dice.
 */
export async function lived(people: readonly Person[], mutant: Mutant = {}): Promise<{ open: Disk; closed: Disk }> {
  const world = await Handover.open({ random: seeded(5), mutant })
  try {
    for (const one of people) await world.act(one)
    const open = await diskOf(world.directory, join("data", "server"))
    await world.later(1)
    return { open, closed: await diskOf(world.directory, join("data", "server")) }
  } finally {
    await world.close()
    discard(world.directory)
  }
}

/** Paths whose content is not the same in both. */
export const differing = (a: Disk, b: Disk): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter(path => a.get(path) !== b.get(path)).sort()
