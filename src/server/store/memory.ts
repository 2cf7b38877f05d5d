import { compare, equal, hex } from "../../crypto/index.ts"
import { type EnvelopeStore, type LoggedFile, type RecordStore, rival, type TreeStore } from "./store.ts"

/** Envelopes in memory: for tests and simulations. Durable as long as the object lives. */
export function memoryEnvelopes(): EnvelopeStore {
  const open = new Map<number, Uint8Array[]>()
  const counts = new Map<number, number>()
  const of = (bucket: number) => open.get(bucket) ?? []
  return {
    async prepare() {},
    async append(bucket, envelopes) {
      if (counts.has(bucket)) throw new Error("envelopes: the bucket is sealed")
      open.set(bucket, [...of(bucket), ...envelopes.map(envelope => new Uint8Array(envelope))])
    },
    async count(bucket) {
      return of(bucket).length
    },
    async seal(bucket) {
      const count = counts.get(bucket) ?? of(bucket).length
      counts.set(bucket, count)
      return count
    },
    async sealed(bucket) {
      return counts.get(bucket)
    },
    async *read(bucket) {
      for (const envelope of of(bucket)) yield new Uint8Array(envelope)
    },
    async remove(bucket) {
      open.delete(bucket)
      counts.delete(bucket)
    },
    async buckets() {
      return [...new Set([...open.keys(), ...counts.keys()])].sort((a, b) => a - b)
    },
    async close() {},
  }
}

/** Records in memory: for tests and simulations. */
export function memoryRecords(): RecordStore {
  let published: number | undefined
  let head: Uint8Array | undefined
  const leaves: Uint8Array[] = []
  const staged = new Map<number, Uint8Array[]>()
  let files: LoggedFile[] = []
  const keys = new Map<number, Uint8Array>()
  const tags = new Map<string, number>()
  return {
    async published() {
      return published
    },
    async begin(bucket) {
      published ??= bucket
    },
    async leaves() {
      return [...leaves]
    },
    async files() {
      return [...files]
    },
    async append(leaf, file, wrapped, position) {
      if (position !== leaves.length) throw rival("the log")
      files.push({ position: leaves.length, type: file.type, bytes: new Uint8Array(file.bytes) })
      leaves.push(new Uint8Array(leaf))
      for (const key of wrapped) keys.set(key.bucket, new Uint8Array(key.wrapped))
    },
    async head() {
      return head
    },
    async moveHead(from, to) {
      const isThere = head === undefined || from === undefined ? head === from : equal(head, from)
      if (!isThere) throw rival("the head")
      head = new Uint8Array(to)
    },
    async bucketKey(bucket) {
      return keys.get(bucket)
    },
    async spent(asked) {
      return asked.filter(tag => tags.has(hex(tag)))
    },
    async stage(bucket, stagedLeaves, spent) {
      if (spent.some((tag, i) => i > 0 && compare(spent[i - 1]!, tag) >= 0)) throw new Error("tags: not ascending")
      if (staged.has(bucket) || (published !== undefined && bucket <= published)) throw rival(`bucket ${bucket}`)
      staged.set(
        bucket,
        stagedLeaves.map(leaf => new Uint8Array(leaf)),
      )
      for (const tag of spent) tags.set(hex(tag), bucket)
    },
    async staged(bucket) {
      return [...(staged.get(bucket) ?? [])]
    },
    async publish(bucket) {
      if (published !== undefined && bucket <= published) throw rival(`bucket ${bucket}`)
      leaves.push(...(staged.get(bucket) ?? []))
      staged.delete(bucket)
      published = bucket
    },
    async forget({ keysThrough, tagsThrough, files: gone }) {
      for (const bucket of [...keys.keys()]) if (bucket <= keysThrough) keys.delete(bucket)
      for (const [tag, bucket] of [...tags]) if (bucket <= tagsThrough) tags.delete(tag)
      files = files.filter(file => !gone.includes(file.position))
    },
    async close() {},
  }
}

/** The static tree in memory: for tests and simulations. */
export function memoryTree(): TreeStore {
  const files = new Map<string, Uint8Array>()
  return {
    async read(path) {
      return files.get(path)
    },
    async write(path, bytes) {
      files.set(path, new Uint8Array(bytes))
    },
    async move(from, to) {
      const file = files.get(from)
      if (file === undefined) return
      files.set(to, file)
      files.delete(from)
    },
    async remove(path) {
      files.delete(path)
    },
    async list(prefix) {
      return [...files.keys()].filter(path => path.startsWith(prefix))
    },
  }
}
