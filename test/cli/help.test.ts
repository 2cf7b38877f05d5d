import { expect } from "chai"
import { type Command, CommanderError } from "commander"
import { program } from "../../src/cli/program.ts"

/** The whole help, with what is added after it. */
function helpOf(command: Command): string {
  let text = ""
  command.configureOutput({
    writeOut: part => {
      text += part
    },
  })
  command.outputHelp()
  return text
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

const under = (command: Command): Command[] => [command, ...command.commands.flatMap(under)]

/** The words of each line that calls the program, up to where a shell would read something else. */
function calls(help: string): string[][] {
  const from = help.search(/^Examples?[,:]/m)
  const text = from < 0 ? "" : help.slice(from).replaceAll("\\\n", " ")
  return text
    .split("\n")
    .flatMap(line => /(?:^|\| )\s*lindung (.*)$/.exec(line.trim())?.[1] ?? [])
    .map(line => line.replace(/\s(?:[|>#]|<<|\s+\().*$/, "").match(/"[^"]*"|'[^']*'|\S+/g) ?? [])
}

/** What is wrong with a call, without doing it. */
function problemOf(root: Command, words: readonly string[]): string | undefined {
  const child = root.commands.find(one => one.name() === words[0])
  if (child !== undefined) return problemOf(child, words.slice(1))
  const usual = root.commands.find(
    one => one.name() === (root as unknown as { _defaultCommandName: string | null })._defaultCommandName,
  )
  if (usual !== undefined && words.length > 0 && words[0] !== "--help") return problemOf(usual, words)
  root.exitOverride()
  try {
    const { operands, unknown } = root.parseOptions([...words])
    if (unknown.length > 0 && unknown[0] !== "--help") return `takes no ${unknown[0]}`
    if (unknown[0] === "--help") return undefined
    const least = root.registeredArguments.filter(one => one.required).length
    const most = root.registeredArguments.some(one => one.variadic)
      ? Number.POSITIVE_INFINITY
      : root.registeredArguments.length
    if (operands.length < least || operands.length > most)
      return `takes ${least} to ${most} arguments, got ${operands.length}`
    const missing = root.options.find(one => one.mandatory && root.getOptionValue(one.attributeName()) === undefined)
    return missing && `needs ${missing.flags}`
  } catch (error) {
    if (error instanceof CommanderError) return error.message
    throw error
  }
}

describe("the help", () => {
  let all: Command[] = []
  before(async () => {
    all = under(await program())
  })

  it("of every command has an example", () => {
    expect(all.length).to.be.greaterThan(35)
    for (const command of all) expect(calls(helpOf(command)), pathOf(command)).to.not.be.empty
  })

  it("shows examples only that the program takes", async () => {
    for (const command of all)
      for (const words of calls(helpOf(command))) {
        const root = await program([words[0]!])
        expect(problemOf(root, words), `lindung ${words.join(" ")}`).to.equal(undefined)
      }
  })

  it("of every command says what each argument and each option is for", () => {
    for (const command of all) {
      expect(command.description(), pathOf(command)).to.match(/\S{2}/)
      for (const one of [...command.options, ...command.registeredArguments])
        expect(one.description, `${pathOf(command)} ${one.name()}`).to.match(/\S{2}/)
    }
  })

  it("lists every command without loading any, with the sentence that the command itself has", async () => {
    const listed = await program([])
    const loaded = await program()
    expect(listed.commands.map(one => [one.name(), one.description()])).to.deep.equal(
      loaded.commands.map(one => [one.name(), one.description()]),
    )
    expect(listed.commands.every(one => one.options.length === 0)).to.equal(true)
  })

  it("offers --json wherever a command prints rows", () => {
    const withRows = ["start", "attacks", "config", "audit log", "audit disk", "audit proof", "authority users list"]
    const more = ["authority keys list", "risk explain", "risk compare", "risk presets", "measurement fit"]
    const rest = ["measurement afternoon", "vectors verify", "export show", "monitor", "phone"]
    for (const path of [...withRows, ...more, ...rest]) {
      const command = all.find(one => pathOf(one) === `lindung ${path}`)
      expect(
        command?.options.map(one => one.long),
        path,
      ).to.include("--json")
    }
  })
})
