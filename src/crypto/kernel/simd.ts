import { fromHex } from "../bytes.ts"
import { type Backend, LANES, type Lanes, MAX_SCAN, type Schedule, secretBytes } from "./backend.ts"
import { labelBlock } from "./labels.ts"
import { KERNEL } from "./wasm.generated.ts"

/** The few members of WebAssembly that are used here; the library of this folder has none. */
interface Wasm {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Memory: new (size: { initial: number }) => Memory
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown }
}
interface Memory {
  readonly buffer: ArrayBuffer
}
declare const module: unique symbol
/** The kernel, compiled. */
export type WasmModule = { readonly [module]: true }
declare const WebAssembly: Wasm | undefined

/** What assembly/index.ts exports. */
interface Exports {
  start(design: number): void
  put(slot: number, count: number): void
  advance(slot: number, count: number): void
  expand(slot: number, count: number): void
  scan(from: number, span: number, lanes: number): number
}

/** Addresses of assembly/layout.ts. */
const INPUT = 0x30000
const HITS = 0x31000
const LANE_TABLES = 0x55000
const TABLES = 0x61000

/** (func (drop (i32x4.extract_lane 0 (i32x4.splat (i32.const 0))))): valid only where SIMD is. */
const PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x0c, 0x01, 0x0a, 0x00, 0x41, 0x00, 0xfd, 0x11, 0xfd, 0x1b, 0x00, 0x1a, 0x0b],
)

/**
 * Compiles the kernel.
 * @returns undefined where the engine has no WebAssembly, or not its SIMD, or may not compile (a content policy)
 */
export function compileKernel(): WasmModule | undefined {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(PROBE)) return undefined
  try {
    return new WebAssembly.Module(fromHex(KERNEL))
  } catch {
    return undefined
  }
}

/** Memory for a search with so many words of tables, and the words in it. */
export function memoryFor(words: number): { readonly memory: Memory; readonly words: Uint32Array } {
  // As large as it will ever be: memory that grows detaches its buffer, and from then on engines check every access
  // to every typed array of the program for that.
  const memory = new WebAssembly!.Memory({ initial: Math.ceil((TABLES + 4 * words) / 65_536) })
  return { memory, words: new Uint32Array(memory.buffer, TABLES, words) }
}

/** The back end in WebAssembly: 128 keys at once, in vectors of 128 bits. Its source is in assembly/. */
export class SimdBackend implements Backend {
  readonly hits: Uint32Array
  readonly #kernel: Exports
  readonly #input: Uint8Array
  readonly #laneTables: Uint32Array
  readonly #secretBytes: number

  /** @param memory that the tables lie in */
  constructor(module: WasmModule, schedule: Schedule, memory: Memory) {
    this.#kernel = new WebAssembly!.Instance(module, { env: { memory } }).exports as Exports
    const { buffer } = memory
    this.hits = new Uint32Array(buffer, HITS, 2 * LANES * MAX_SCAN)
    this.#input = new Uint8Array(buffer, INPUT, 32 * LANES)
    this.#laneTables = new Uint32Array(buffer, LANE_TABLES, LANES)
    this.#secretBytes = secretBytes(schedule)
    new Int32Array(buffer, INPUT, 16).set(labelBlock(schedule))
    this.#kernel.start(schedule)
  }

  put(slot: number, secrets: Uint8Array, count: number): void {
    for (let i = 0; i < count; i += LANES) {
      const n = Math.min(LANES, count - i)
      this.#input.set(secrets.subarray(this.#secretBytes * i, this.#secretBytes * (i + n)))
      this.#kernel.put(slot + i, n)
    }
  }

  advance(slot: number, count: number): void {
    this.#kernel.advance(slot, count)
  }

  expand(slot: number, count: number): void {
    this.#kernel.expand(slot, count)
  }

  scan(from: number, to: number, { count, tables }: Lanes): number {
    for (let lane = 0; lane < count; lane++) this.#laneTables[lane] = TABLES + 4 * tables[lane]!
    return this.#kernel.scan(from, to - from, count)
  }
}
