import { isDeepStrictEqual } from "node:util"
import { Command, InvalidArgumentError } from "commander"
import {
  addMeetings,
  afternoon,
  type BinGoodness,
  fieldRadio,
  fitRadio,
  type HeldOut,
  heldOut,
  type Meeting,
  QUANTILES,
  type RadioFit,
  receive,
  seededDice,
  truthOfPositions,
  verdict,
} from "../../simulator/index.ts"
import { examples, progressBar, table } from "../output.ts"
import { readScenes } from "./read.ts"

const tenths = (value: number): string => value.toFixed(1)

function binTable(bins: readonly BinGoodness[]): string {
  const head = ["metres", "packets", "", ...QUANTILES.map(q => `${100 * q} %`), "packets a link"]
  const right = (cells: readonly string[], width: number) => cells.map(cell => cell.padStart(width))
  return table([
    head,
    ...bins.flatMap(({ from, to, packets, data, model, dataPacketsPerLink, modelPacketsPerLink }) => [
      [`${from}-${to}`, packets, "data", ...right(data.map(tenths), 4), tenths(dataPacketsPerLink)],
      ["", "", "model", ...right(model.map(tenths), 4), tenths(modelPacketsPerLink)],
    ]),
  ])
}

type Numbers = { readonly [name: string]: number | readonly number[] }

/**
 * How well 18 phones can fix the model's numbers: simulated afternoons are recorded and fitted like the real one.
 * @returns the standard deviation of each number that came out differently
 */
function fitErrors(afternoons: number): Record<string, number> {
  const bar = progressBar("fitting simulated afternoons", afternoons)
  const models = Array.from({ length: afternoons }, (_, seed): Numbers => {
    const dice = seededDice(`fit errors ${seed}`)
    const { model } = fitRadio(receive(afternoon(dice, 0), dice))
    bar.advance()
    return { ...model }
  })
  const names = Object.keys(fieldRadio).filter(
    name => new Set(models.map(model => model[name])).size > 1 && name !== "scanEverySeconds",
  )
  return Object.fromEntries(
    names.map(name => {
      const values = models.map(model => model[name] as number)
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length
      return [name, Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1))]
    }),
  )
}

function afternoonCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 2 || count > 1000)
    throw new InvalidArgumentError("expected 2 to 1000 afternoons")
  return count
}

function report(fit: RadioFit, held: readonly HeldOut[], errors: Record<string, number> | undefined): string {
  const close = fit.txPowerTrials.filter(({ txPower }) => Math.abs(txPower - fit.model.txPower) <= 3)
  const trials = close.map(({ txPower, ratio, squaredError }) => [
    `${txPower}`,
    ratio.toFixed(3),
    squaredError.toFixed(4),
  ])
  return [
    `${fit.packets} packets, ${fit.links} links (one phone heard by another in one scan)`,
    "",
    "Transmit power, on lunch and train only: the ratio nearest to 1 is taken",
    table([["dBm", "weighted scans / scans within 2 m", "mean squared error"], ...trials]),
    "",
    "Radio model, on all six scenes",
    ...Object.entries(fit.model).map(
      ([name, value]) => `  ${name}: ${Array.isArray(value) ? `[${value.join(", ")}]` : value},`,
    ),
    isDeepStrictEqual(fit.model, fieldRadio)
      ? "These are the numbers in src/simulator/radio.ts."
      : "THESE ARE NOT the numbers in src/simulator/radio.ts.",
    "",
    "Attenuation of received packets, dB, at the quantiles of each distance",
    binTable(fit.bins),
    `mean difference ${fit.quantileError.toFixed(2)} dB`,
    "",
    "Each scene against a model fitted to the five others",
    table([
      ["scene", "packets", "mean difference, dB"],
      ...held.map(({ scene, bins, quantileError }) => [
        scene,
        bins.reduce((sum, bin) => sum + bin.packets, 0),
        quantileError.toFixed(2),
      ]),
    ]),
    ...(errors
      ? ["", "Standard deviation of each number over fits of simulated afternoons", table(errorRows(errors))]
      : []),
  ].join("\n")
}

const errorRows = (errors: Record<string, number>): string[][] =>
  Object.entries(errors).map(([name, spread]) => [`  ${name}`, spread.toFixed(3)])

function afternoonRows(seed: string): (string | number)[][] {
  const dice = seededDice(seed)
  const scenes = afternoon(dice, 0)
  const recordings = receive(scenes, dice)
  const truths = scenes.map(truthOfPositions)
  const near = (meetings: readonly Meeting[]) => meetings.filter(meeting => verdict(meeting) === "near").length
  const packets = recordings.map(recording => recording.packets.length)
  return [
    ["scene", "minutes", "packets", "pairs of 153 within 2 m for 15 minutes"],
    ...scenes.map(({ name, start, end }, i) => [name, (end - start) / 60, packets[i]!, near(truths[i]!)]),
    ["all", "", packets.reduce((sum, count) => sum + count, 0), near(addMeetings(...truths))],
  ]
}

export function measurementCommand(): Command {
  const fit = new Command("fit")
    .description("Fit the simulator's radio to DP-3T's field measurement, and say how well it fits.")
    .requiredOption("--data <dir>", "the folder with the six SQLite files of DP-3T/bt-measurements, experiment 34")
    .option(
      "--errors <afternoons>",
      "also fit this many simulated afternoons: how sure is each number?",
      afternoonCount,
    )
    .option("--json", "print everything as JSON")
    .addHelpText("after", examples("lindung measurement fit --data ~/bt-measurements"))
    .action(async ({ data, errors, json }: { data: string; errors?: number; json?: true }) => {
      const recordings = await readScenes(data)
      const fit = fitRadio(recordings)
      const held = heldOut(recordings, fit.model.txPower)
      const spread = errors === undefined ? undefined : fitErrors(errors)
      if (json) console.log(JSON.stringify({ ...fit, heldOut: held, ...(spread && { errors: spread }) }, null, 2))
      else console.log(report(fit, held, spread))
    })
  const played = new Command("afternoon")
    .description("Say how many packets and meetings one simulated afternoon has.")
    .option("--seed <seed>", "any ASCII text", "1")
    .option("--json", "the rows of the table as JSON")
    .addHelpText("after", examples("lindung measurement afternoon --seed 2"))
    .action(({ seed, json }: { seed: string; json?: true }) => {
      const rows = afternoonRows(seed)
      const [head, ...body] = rows
      const facts = body.map(row => Object.fromEntries(row.map((cell, i) => [head![i], cell])))
      console.log(json ? JSON.stringify(facts, undefined, 2) : table(rows))
    })
  return new Command("measurement")
    .addHelpText("after", examples("lindung measurement afternoon", "lindung measurement fit --data ~/bt-measurements"))
    .addCommand(fit)
    .addCommand(played)
}
