import { dayNumber, type IsoDay, isoDay, LindungError } from "../../client/index.ts"
import { fromAscii, time } from "../../crypto/index.ts"
import type { Phone } from "./phone.ts"
import { describeStatus, type Facts, iso, statusFacts } from "./show.ts"

/** What a command did: for programs, and for people. */
export interface Answer {
  readonly facts: Facts
  readonly text: string
}

interface Command {
  readonly takes: string
  readonly does: string
  run(phone: Phone, words: readonly string[]): Promise<Answer>
}

/** dB: an arm's length, and more than any phone hears. */
const NEAR = 50
const FAR = 127
/** Onset unless the person says another: the report then covers these days, and today. */
const DAYS_BEFORE = 2

const said = (text: string, facts: Facts = {}): Answer => ({ text, facts })

function move(phone: Phone, decibel: number): Answer {
  phone.setAttenuation(decibel)
  return said(`${decibel} dB between ${phone.name} and any other phone`, { attenuation: decibel })
}

function decibel(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > FAR)
    throw new Error(`expected a whole number of dB, 0 to ${FAR}, got ${text}`)
  return value
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  status: {
    takes: "",
    does: "what the phone knows and does",
    async run({ client, radio }) {
      const status = await client.status()
      return said(describeStatus(status), statusFacts(status, radio))
    },
  },
  heard: {
    takes: "",
    does: "whom it heard: identifiers, minutes and attenuation, as they are stored",
    async run({ client }) {
      // One that was near while a batch arrived lies in the store twice, with different marks.
      const heard = new Map<string, { id: string; matched: boolean; minutes: number; attenuation: number }>()
      for await (const line of client.exportData({ includeOwnKeys: false })) {
        const { kind, id, scans } = JSON.parse(fromAscii(line))
        if (kind !== "heard" && kind !== "matched") continue
        const before = heard.get(id)
        const seconds = scans.reduce((sum: number, scan: { seconds: number }) => sum + scan.seconds, 0)
        const attenuation = Math.min(before?.attenuation ?? FAR, ...scans.map((scan: { min: number }) => scan.min))
        const minutes = (before?.minutes ?? 0) + Math.round(seconds / 6) / 10
        heard.set(id, { id, matched: kind === "matched", minutes, attenuation })
      }
      const all = [...heard.values()]
      const line = ({ id, matched, minutes, attenuation }: (typeof all)[number]) =>
        `${id.slice(0, 8)}…  ${minutes} minutes  ${attenuation} dB${matched ? "  matched" : ""}`
      return said(all.map(line).join("\n") || "nobody so far", { heard: all })
    },
  },
  near: {
    takes: "[dB]",
    does: `come near the others: ${NEAR} dB unless said otherwise`,
    run: async (phone, [text]) => move(phone, text === undefined ? NEAR : decibel(text)),
  },
  far: { takes: "", does: "go out of range", run: async phone => move(phone, FAR) },
  sync: {
    takes: "",
    does: "fetch what is new and decide, now",
    async run({ client }) {
      const result = await client.sync({ force: true })
      if (result.is === "failed") throw result.error
      if (result.is === "skipped") return said(`skipped: ${result.why}`, { is: result.is })
      const { batches, keys, newDays } = result
      return said(`${batches} batches, ${keys} secrets${newDays.length > 0 ? `; new: ${newDays.join(", ")}` : ""}`, {
        is: result.is,
        batches,
        keys,
        newDays,
      })
    },
  },
  test: {
    takes: "",
    does: "at a test, where the authority signs what phones show: what it scans; the rest goes by itself",
    async run({ client, clock }) {
      const { qr } = await client.prepareTest({ consent: { to: "health authority", at: clock.now() } })
      return said(qr, { qr })
    },
  },
  report: {
    takes: "CODE [DAY]",
    does: `after a positive test: report with the authority's code, from DAY on (${DAYS_BEFORE} days ago)`,
    async run({ client, clock }, [proof, day]) {
      if (proof === undefined) throw new Error("report: the code of the health authority is missing")
      const onset = (day ?? isoDay(time.day(clock.seconds()) - DAYS_BEFORE)) as IsoDay
      if (Number.isNaN(dayNumber(onset))) throw new Error(`report: expected a day like 2026-05-08, got ${onset}`)
      const draft = await client.prepareReport({ onset, proof, consent: { to: "health authority", at: clock.now() } })
      const { days, wireBytes } = draft
      await draft.submit()
      return said(`sent the secrets of ${days.join(", ")}, ${wireBytes} bytes; a second upload follows later`, {
        days,
        wireBytes,
      })
    },
  },
  explain: {
    takes: "DAY",
    does: "what every scan of a day contributed",
    async run({ client }, [day]) {
      if (day === undefined || Number.isNaN(dayNumber(day))) throw new Error("explain: expected a day like 2026-05-08")
      const { level, score, unit, parts } = await client.explain(day as IsoDay)
      const lines = parts.map(({ seconds, attenuation, weight, dropped }) =>
        [`${seconds} s`, `${attenuation} dB`, `× ${weight}`, dropped].filter(Boolean).join("  "),
      )
      return said([`${day}: ${level}, ${score} ${unit}`, ...lines].join("\n"), { day, level, score, unit, parts })
    },
  },
  wait: {
    takes: "MINUTES",
    does: "do nothing for so many minutes of the phone's clock (for scripts)",
    async run({ clock }, [text]) {
      const minutes = Number(text)
      if (!(minutes > 0)) throw new Error(`wait: expected a number of minutes, got ${text}`)
      await clock.sleep(60_000 * minutes)
      return said(`it is ${iso(clock.now())}`, { now: iso(clock.now()) })
    },
  },
}

const HELP = [
  ...Object.entries(COMMANDS).map(([name, { takes, does }]) => [`${name} ${takes}`.trim(), does]),
  ["help", "this list"],
  ["quit", "switch the phone off; it goes on where it was when it is started again"],
]
export const helpText: string = HELP.map(([usage = "", does]) => `  ${usage.padEnd(20)}${does}`).join("\n")

/** Does what a typed line says. @throws Error saying what was wrong, for people */
export async function obey(phone: Phone, line: string): Promise<Answer> {
  const [name = "", ...words] = line.trim().split(/\s+/)
  if (name === "help") return said(helpText, { commands: HELP })
  const command = COMMANDS[name]
  if (command === undefined) throw new Error(`${name}: no such command; \`help\` lists them`)
  return command.run(phone, words)
}

/** An error in a person's words, with what helps. */
export function problem(error: unknown): Facts & { readonly message: string } {
  if (!(error instanceof LindungError)) return { message: error instanceof Error ? error.message : String(error) }
  const { code, message, retry, userCan } = error
  return { message, code, retry, userCan }
}
