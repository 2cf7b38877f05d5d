// One phone in a process of its own, which prints what its work cost: phone.js TASK FOLDER STORE [BACKEND or PACKETS]
import { readFileSync } from "node:fs"
import { setImmediate, setTimeout } from "node:timers/promises"
import { type EpochMs, open, type Ports, type Radio, type Sighting } from "../../src/client/index.ts"
import { kernel } from "../../src/crypto/index.ts"
import { configIn, fileOf, NOW } from "./scene.ts"
import { random, type StoreName, storeIn } from "./stored.ts"

const [task, directory, storeName, backend] = process.argv.slice(2) as [
  string,
  string,
  StoreName,
  kernel.BackendName | undefined,
]
const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

/** The wall clock of the scene; it goes on like the real one. */
const virtual = { offset: NOW * 1000 - performance.now() }
const clock = { now: () => (virtual.offset + performance.now()) as EpochMs, monotonic: () => performance.now() }

class Ear implements Radio {
  readonly can = { advertise: true, scan: true, rotatesAddressWithPayload: true }
  hear: (sighting: Sighting) => void = () => {}
  async advertise(): Promise<void> {}
  async scan(_plan: object, on: (sighting: Sighting) => void): Promise<void> {
    this.hear = on
  }
}
const radio = new Ear()

const pace: kernel.Pace = { now: () => performance.now(), pause: () => setImmediate(), stretchMs: 30 }

async function phone() {
  const kept = await storeIn(directory, storeName)
  const matcher = backend && { matcher: kernel.inThread(kernel.createMatcher({ backend }), pace) }
  const ports: Ports = {
    ...kept,
    ...matcher,
    radio,
    clock,
    random,
    http: {
      async send({ url }) {
        // What a network takes is not the phone's work; that it answers later than at once is.
        await setImmediate()
        return { status: 200, headers: new Map(), body: new Uint8Array(readFileSync(fileOf(directory, url))) }
      },
    },
    scheduler: { arm: async () => {}, disarm: async () => {} },
    wait: () => setImmediate() as Promise<void>,
  }
  return open(configIn(directory), ports)
}

interface Cost {
  readonly ms: number
  /** Processor time of this process, ms. */
  readonly cpuMs: number
  /** Resident memory, MB: when the work began, and at most. */
  readonly megabytesBefore: number
  readonly megabytesPeak: number
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const megabytes = () => process.memoryUsage.rss() / 1e6
  const before = megabytes()
  let peak = before
  const looking = setInterval(() => {
    peak = Math.max(peak, megabytes())
  }, 5)
  const cpu = process.cpuUsage()
  const began = performance.now()
  await work()
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  clearInterval(looking)
  // The system's own mark: no peak between two looks is missed.
  const mark = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))
  return {
    ms,
    cpuMs: (user + system) / 1000,
    megabytesBefore: before,
    megabytesPeak: Math.max(peak, (Number(mark?.[1] ?? 0) * 1024) / 1e6),
  }
}

const [PEOPLE, SCANS] = [28, 200]

/** Scans of four seconds every four minutes, with so many packets of each of 28 people. */
async function record(packets: number): Promise<Cost & { packets: number }> {
  const client = await phone()
  await client.start()
  const payloads = Array.from({ length: PEOPLE * SCANS }, () => random.bytes(16))
  const cost = await costOf(async () => {
    for (let scan = 0; scan < SCANS; scan++) {
      virtual.offset += 240_000
      for (let packet = 0; packet < packets; packet++)
        for (let person = 0; person < PEOPLE; person++) {
          // Three scans to an identifier, as with 15 minutes and a scan every four.
          const payload = payloads[PEOPLE * Math.floor(scan / 3) + person]!
          radio.hear({ payload, rssi: -60, txPower: 0, at: clock.now(), scanId: scan })
        }
      await setImmediate()
    }
    await client.stop()
  })
  await client.close()
  return { ...cost, packets: SCANS * PEOPLE * packets }
}

/** A cancel that a timer sets off; what is measured is from the moment it was due. */
function cancelAfter(ms: number) {
  const listeners = new Set<() => void>()
  const signal = { ...never, addEventListener: (_: "abort", listener: () => void) => void listeners.add(listener) }
  const due = performance.now() + ms
  void setTimeout(ms).then(() => {
    signal.aborted = true
    for (const listener of listeners) listener()
  })
  return { signal, late: () => performance.now() - due }
}

/** Given up again and again until it is through: the longest that a cancel took. */
async function cancelled(): Promise<{ cancels: number; longestMs: number }> {
  const client = await phone()
  let [cancels, longestMs] = [0, 0]
  for (let after = 60; ; after += 23) {
    const { signal, late } = cancelAfter(after)
    const result = await client.sync({ signal, force: true })
    if (result.is === "done") break
    if (result.is === "failed" && result.error.code !== "aborted") throw result.error
    cancels++
    longestMs = Math.max(longestMs, late())
  }
  await client.close()
  return { cancels, longestMs }
}

async function tasks(): Promise<unknown> {
  if (task === "record") return record(Number(backend ?? 1))
  if (task === "cancel") return cancelled()
  if (task === "open") {
    const opened = await costOf(phone)
    return opened
  }
  if (task === "status") {
    const client = await phone()
    return costOf(() => client.status())
  }
  const client = await phone()
  let result: unknown
  const cost = await costOf(async () => {
    result = await client.sync({ force: true })
  })
  await client.close()
  return { ...cost, result }
}

console.log(JSON.stringify(await tasks()))
process.exit(0)
