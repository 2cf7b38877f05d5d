import { isDeepStrictEqual } from "node:util"
import { Command } from "commander"
import { type BinGoodness, fieldRadio, fitRadio, QUANTILES, type RadioFit } from "../../simulator/index.ts"
import { table } from "../output.ts"
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

function report(fit: RadioFit): string {
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
      ...fit.heldOut.map(({ scene, bins, quantileError }) => [
        scene,
        bins.reduce((sum, bin) => sum + bin.packets, 0),
        quantileError.toFixed(2),
      ]),
    ]),
  ].join("\n")
}

export function measurementCommand(): Command {
  const fit = new Command("fit")
    .description("Fit the simulator's radio to DP-3T's field measurement, and say how well it fits.")
    .requiredOption("--data <dir>", "the folder with the six SQLite files of DP-3T/bt-measurements, experiment 34")
    .option("--json", "print everything as JSON")
    .action(async ({ data, json }: { data: string; json?: true }) => {
      const result = fitRadio(await readScenes(data))
      console.log(json ? JSON.stringify(result, null, 2) : report(result))
    })
  return new Command("measurement").description("Work with measured radio contacts.").addCommand(fit)
}
