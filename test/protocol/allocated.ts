const KINDS = [
  "Uint8Array",
  "Uint16Array",
  "Uint32Array",
  "Int32Array",
  "Float64Array",
  "BigUint64Array",
  "ArrayBuffer",
] as const

/** The bytes of all typed arrays that were made while something ran, whether or not they are still held. */
export function allocated(work: () => void): number {
  let bytes = 0
  const before = KINDS.map(name => globalThis[name])
  KINDS.forEach((name, i) => {
    const kind = before[i] as unknown as new (...given: unknown[]) => Uint8Array
    const counting: typeof kind = new Proxy(kind, {
      construct(target, given, newTarget): object {
        const made: Uint8Array = Reflect.construct(target, given, newTarget === counting ? target : newTarget)
        // A view costs nothing; what was given was counted when it was made.
        if (!(given[0] instanceof before.at(-1)!)) bytes += made.byteLength
        return made
      },
    })
    Object.defineProperty(globalThis, name, { value: counting, configurable: true, writable: true })
  })
  try {
    work()
  } finally {
    KINDS.forEach((name, i) => {
      Object.defineProperty(globalThis, name, { value: before[i], configurable: true, writable: true })
    })
  }
  return bytes
}
