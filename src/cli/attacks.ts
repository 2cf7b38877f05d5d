import { Command } from "commander"
import { ATTACKS, type Measurement, seededDice } from "../simulator/index.ts"
import { examples, progressBar, table } from "./output.ts"

interface Options {
  readonly seed: string
  readonly json?: boolean
}

/** Four figures, or a whole number as it is. */
const figure = (value: number | undefined): string => {
  if (value === undefined) return ""
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)))
}

function rows(measurements: readonly Measurement[]): string {
  const body = measurements.map(({ design, measured, expected, quantity }) => [
    design ?? "all",
    figure(measured),
    figure(expected),
    quantity,
  ])
  return table([["design", "measured", "expected", ""], ...body])
}

function carryOut(names: readonly string[], { seed, json }: Options): void {
  const unknown = names.find(name => !ATTACKS.some(attack => attack.name === name))
  if (unknown !== undefined)
    throw new Error(`${unknown}: expected one of ${ATTACKS.map(attack => attack.name).join(", ")}`)
  const chosen = ATTACKS.filter(({ name }) => names.length === 0 || names.includes(name))
  const bar = progressBar("attacks", chosen.length)
  const done = chosen.map(({ run, ...attack }) => {
    // Dice of its own, so that one attack alone gives the numbers that it gives among the others.
    const measurements = run(seededDice(`attacks/${attack.name}/${seed}`))
    bar.advance()
    return { ...attack, measurements }
  })
  if (json) console.log(JSON.stringify({ seed, attacks: done }, null, 2))
  else
    for (const { number, title, measurements } of done)
      console.log(`${number}. ${title}\n${rows(measurements).replace(/^/gm, "   ")}\n`)
}

export function attacksCommand(): Command {
  return new Command("attacks")
    .argument("[names...]", `${ATTACKS.map(({ name }) => name).join(", ")}; all when none is named`)
    .option("--seed <text>", "seed of the dice", "1")
    .option("--json", "print the measurements as JSON")
    .addHelpText(
      "after",
      `\nThe numbers are those of docs/threat-model.md, which says of every attack what stops or bounds it.\n${examples("lindung attacks", "lindung attacks replay relay --json")}`,
    )
    .action(carryOut)
}
