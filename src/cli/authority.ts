import { Argument, Command, Option } from "commander"
import { apiMarkdown, openApi, Refusal, ROLES, type Role, type Staff, USER_NAME } from "../authority/index.ts"
import { openStaffOf } from "./authority-service.ts"
import { examples, table } from "./output.ts"

/** In the audit log: who did it. A user of the portal cannot have this name. */
const BY = "key-shell"

/** Does something with a deployment's staff; what is refused becomes a sentence. */
async function withStaff(directory: string, work: (staff: Staff) => Promise<string>): Promise<void> {
  const staff = await openStaffOf(directory, {
    clock: () => Date.now() / 1000,
    onServerEvent: () => {},
    onAuthorityEvent: () => {},
    opensApart: false,
    environment: process.env,
  })
  try {
    console.log(await work(staff))
  } catch (error) {
    throw error instanceof Refusal ? new Error(SENTENCES[error.code] ?? error.code) : error
  } finally {
    await staff.close()
  }
}

const SENTENCES: Readonly<Record<string, string>> = {
  conflict: "refused: the name is taken, or nobody would be left who can manage users",
  "not-found": "there is no such user or key",
}

function requireName(name: string): string {
  if (!USER_NAME.test(name))
    throw new Error("name: expected 2 to 31 lower-case letters, digits, dots, hyphens, underscores")
  return name
}

const handOver = (name: string, password: string): string =>
  `${name} may sign in with this one-time password, shown this once and good for 7 days:\n${password}`

async function listed({ administration }: Staff, { json }: { json?: boolean }): Promise<string> {
  const users = await administration.list()
  if (json) {
    const facts = users.map(({ name, role, disabled, oneTimeUntil, totp, passkeys }) => ({
      name,
      role,
      disabled,
      oneTimeUntil,
      authenticator: totp !== null,
      passkeys: passkeys.length,
    }))
    return JSON.stringify(facts, undefined, 2)
  }
  const rows = users.map(({ name, role, disabled, totp, passkeys, oneTimeUntil }) => [
    name,
    role,
    disabled ? "disabled" : oneTimeUntil === null ? "active" : "one-time password",
    [totp && "authenticator", passkeys.length > 0 && `${passkeys.length} passkeys`].filter(Boolean).join(", "),
  ])
  return table([["name", "role", "state", "second factor"], ...rows])
}

function usersCommand(): Command {
  const directory = () => new Argument("<directory>", "the deployment")
  const name = () => new Argument("<name>", "the user")
  const role = () => new Argument("<role>", "what the user may do").choices(ROLES)
  const users = new Command("users")
    .description(
      "Add, list and disable users of the portal. It works while the authority runs, and is in the audit log.",
    )
    .addHelpText(
      "after",
      `
Roles, each of which may all that the one before it may:
  issuer         issue, activate, sign and revoke; send a text message
  supervisor     issue in bulk; read the statistics
  administrator  read the audit log; manage users and API keys

A new user signs in once with the one-time password that is printed, must then choose another, and must set up a second
factor where the deployment asks for one (LINDUNG_PORTAL_SECOND_FACTOR_FROM).
${examples(
  "lindung authority users add deployment siti --role supervisor",
  "lindung authority users list deployment",
  "lindung authority users reset-password deployment siti",
  "lindung authority users reset-second-factor deployment siti   # a lost phone",
)}`,
    )
  users
    .command("list")
    .description("All users, without a secret.")
    .option("--json", "the same as JSON")
    .addArgument(directory())
    .addHelpText("after", examples("lindung authority users list deployment"))
    .action((of: string, options: { json?: boolean }) => withStaff(of, staff => listed(staff, options)))
  users
    .command("add")
    .description("A new user; prints a one-time password.")
    .addArgument(directory())
    .addArgument(name())
    .addOption(new Option("--role <role>", "what the user may do").choices(ROLES).default("issuer"))
    .addHelpText("after", examples("lindung authority users add deployment siti --role supervisor"))
    .action((of: string, who: string, options: { role: Role }) =>
      withStaff(of, async ({ administration }) =>
        handOver(who, await administration.add(requireName(who), options.role, BY)),
      ),
    )
  users
    .command("disable")
    .description("The user cannot sign in any more; sessions end.")
    .addArgument(directory())
    .addArgument(name())
    .addHelpText("after", examples("lindung authority users disable deployment siti"))
    .action((of: string, who: string) =>
      withStaff(of, async ({ administration }) => {
        await administration.disable(who, BY)
        return `${who} is disabled`
      }),
    )
  users
    .command("enable")
    .description("The user may sign in again.")
    .addArgument(directory())
    .addArgument(name())
    .addHelpText("after", examples("lindung authority users enable deployment siti"))
    .action((of: string, who: string) =>
      withStaff(of, async ({ administration }) => {
        await administration.enable(who, BY)
        return `${who} may sign in again`
      }),
    )
  users
    .command("role")
    .description("Another role; sessions end.")
    .addArgument(directory())
    .addArgument(name())
    .addArgument(role())
    .addHelpText("after", examples("lindung authority users role deployment siti administrator"))
    .action((of: string, who: string, to: Role) =>
      withStaff(of, async ({ administration }) => {
        await administration.setRole(who, to, BY)
        return `${who} is ${to}`
      }),
    )
  users
    .command("reset-password")
    .description("A new one-time password; sessions end, known devices are forgotten, the second factor stays.")
    .addArgument(directory())
    .addArgument(name())
    .addHelpText("after", examples("lindung authority users reset-password deployment siti"))
    .action((of: string, who: string) =>
      withStaff(of, async ({ administration }) => handOver(who, await administration.resetPassword(who, BY))),
    )
  users
    .command("reset-second-factor")
    .description("Removes every second factor and recovery code; sessions end.")
    .addArgument(directory())
    .addArgument(name())
    .addHelpText("after", examples("lindung authority users reset-second-factor deployment siti"))
    .action((of: string, who: string) =>
      withStaff(of, async ({ administration }) => {
        await administration.resetSecondFactor(who, BY)
        return `${who} has no second factor any more`
      }),
    )
  return users
}

function keysCommand(): Command {
  const keys = new Command("keys")
    .description("API keys with which programs issue codes (POST /v1/codes).")
    .addHelpText("after", examples("lindung authority keys add deployment laboratory"))
  keys
    .command("list")
    .description("All keys by their ids, never the keys.")
    .option("--json", "the same as JSON")
    .argument("<directory>", "the deployment")
    .addHelpText("after", examples("lindung authority keys list deployment"))
    .action((of: string, { json }: { json?: boolean }) =>
      withStaff(of, async ({ apiKeys }) => {
        const all = (await apiKeys.list()).map(({ id, label }) => ({ id, label }))
        if (json) return JSON.stringify(all, undefined, 2)
        return table([["id", "label"], ...all.map(({ id, label }) => [id, label])])
      }),
    )
  keys
    .command("add")
    .description("A new key; it is printed this once.")
    .argument("<directory>", "the deployment")
    .argument("<label>", "what it is for")
    .addHelpText("after", examples("lindung authority keys add deployment laboratory"))
    .action((of: string, label: string) =>
      withStaff(of, async ({ apiKeys }) => (await apiKeys.add(label.trim().slice(0, 64), BY)).key),
    )
  keys
    .command("revoke")
    .description("The key is void at once.")
    .argument("<directory>", "the deployment")
    .argument("<id>", "16 hexadecimal digits, as `list` shows them")
    .addHelpText("after", examples("lindung authority keys revoke deployment 0123456789abcdef"))
    .action((of: string, id: string) =>
      withStaff(of, async ({ apiKeys }) => {
        await apiKeys.revoke(id, BY)
        return `${id} is void`
      }),
    )
  return keys
}

function apiCommand(): Command {
  return new Command("api")
    .description("Print the OpenAPI 3.1 document of the portal's HTTP API.")
    .option("--markdown", "as the text of docs/authority-api.md")
    .addHelpText("after", examples("lindung authority api", "lindung authority api --markdown"))
    .action(({ markdown = false }: { markdown?: boolean }) => {
      const document = openApi()
      process.stdout.write(markdown ? apiMarkdown(document) : `${JSON.stringify(document, undefined, 2)}\n`)
    })
}

export function authorityCommand(): Command {
  return new Command("authority")
    .addHelpText("after", examples("lindung authority users list deployment", "lindung authority keys list deployment"))
    .addCommand(usersCommand())
    .addCommand(keysCommand())
    .addCommand(apiCommand())
}
