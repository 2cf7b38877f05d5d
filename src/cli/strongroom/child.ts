// The process in which a bucket is opened, or keys are made: one order, one answer, and it ends.
import { nativeEd25519, nativeX25519, segmentEnvelopes, strongroom } from "../../server/index.ts"
import { systemRandom } from "../random.ts"
import type { Answer, Order } from "./index.ts"

let goOn: ((spent: Uint8Array[]) => void) | undefined

const say = (answer: Answer): Promise<void> =>
  new Promise((resolve, reject) =>
    process.send?.(answer, undefined, undefined, error => (error ? reject(error) : resolve())),
  )

async function obey(order: Exclude<Order, { do: "go on" }>): Promise<Answer> {
  const ports = { random: systemRandom, ed25519: nativeEd25519, x25519: nativeX25519 }
  if (order.do === "keys") {
    const none = { read: async function* () {} }
    const keys = await strongroom({ ...ports, envelopes: none }).newKeys(order.firstBucket, order.wrappingKey)
    return { is: "keys", keys }
  }
  const envelopes = await segmentEnvelopes(order.directory, systemRandom)
  const opened = await strongroom({ ...ports, envelopes }).open(order.job, async tags => {
    const answered = new Promise<Uint8Array[]>(resolve => {
      goOn = resolve
    })
    await say({ is: "asking", tags })
    return answered
  })
  return { is: "opened", opened }
}

// Ctrl-C in a terminal reaches it too. The process that waits for its answer finishes the bucket before it stops; this one
// ends with its answer, or when nobody waits for one any more.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {})
process.on("disconnect", () => process.exit())

process.on("message", (order: Order) => {
  if (order.do === "go on") {
    goOn?.([...order.spent])
    return
  }
  void obey(order)
    .catch((error): Answer => ({ is: "failed", code: error?.code, message: String(error?.message ?? error) }))
    .then(say)
    .finally(() => process.disconnect())
})
