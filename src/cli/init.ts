import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { Command, Option } from "commander"
import {
  argon2id,
  isPortalOrigin,
  MECHANISM_NAMES,
  type MechanismName,
  openStaff,
  portalConfigFrom,
  sqliteAccountStore,
} from "../authority/index.ts"
import { checkConfig } from "../client/index.ts"
import { base64, ecdsa, hex, type Random, time } from "../crypto/index.ts"
import {
  DESIGNS,
  type DesignName,
  defaultParameters,
  encodeNoteKey,
  encodeParameters,
  encodeWitnessKey,
  parseWitnessKey,
} from "../protocol/index.ts"
import { nativeEd25519, type WitnessAt } from "../server/index.ts"
import { examples } from "./output.ts"
import { systemRandom } from "./random.ts"
import { settingsOf } from "./settings.ts"
import { fillWhole } from "./whole.ts"

export interface Deployment {
  /** Where phones reach the key server and the authority: no slash at the end. */
  readonly url: string
  readonly authorityUrl: string
  /** host:port to listen on. */
  readonly listen: string
  readonly authorityListen: string
  /** Where a publisher that runs alone shows its health and metrics. */
  readonly publisherListen: string
  readonly design: DesignName
  /** When and how the authority's permissions pass hands. */
  readonly mechanism: MechanismName
  /** The risk rule that apps begin with. */
  readonly preset: string
  /** Uploads a minute from one address; 0 for no limit. */
  readonly uploadsPerMinute: number
  readonly proxies: number
  /** Design gaen: what its archives name as their region, and as the id of their key; "lindung" unless given. */
  readonly region?: string
  /** Who cosigns heads, and how many of them phones and the server itself require. */
  readonly witnesses?: readonly WitnessAt[]
  readonly quorum?: number
}

const KEY_BYTES = 32
const ONLY_OWNER = 0o600

const environment = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("")

/** The log is named after its address, as its checkpoints are read by people too. */
const nameOf = (url: string): string => url.replace(/^[a-z]+:\/\//, "")

/**
 * Writes all that a deployment needs into a directory that is new or empty:
 *
 *   app-config.json          the public half, for apps
 *   parameters               the parameter set, as it is logged
 *   secrets/ingest.env       keys and settings of ingest, for its owner alone
 *   secrets/publisher.env    the same for the publisher, with all that opens an envelope
 *   secrets/authority.env    the same for the health authority
 *   export-key.pem           design gaen: the public half of the key that signs its archives, for other systems
 *   data/                    what they will store: never together with secrets/ in one backup or on one disk
 *
 * What a process would not start with, or an app not take, is refused here, and nothing is left of it.
 * The portal is switched on when the authority's address can be that of a page with cookies.
 * @returns the key with which programs issue codes, and the first administrator; only their hashes are stored
 */
export const initDeployment = (directory: string, deployment: Deployment, ports: InitPorts): Promise<InitialStaff> =>
  fillWhole(directory, 0o777, () => writeDeployment(directory, deployment, ports))

async function writeDeployment(directory: string, deployment: Deployment, ports: InitPorts): Promise<InitialStaff> {
  const { random, now } = ports
  const { witnesses = [], quorum = 0 } = deployment
  const at = (...names: string[]) => join(directory, ...names)
  const secret = (): Uint8Array => random.bytes(KEY_BYTES)
  const [logSeed, receiptSeed, signingSeed] = [secret(), secret(), secret()]
  const hashKey = secret()
  const authorityKey = nativeEd25519.verifyKey(signingSeed)
  const exporting = deployment.design === "gaen" ? exportKey(deployment.region ?? REGION, random) : undefined
  const parameters = defaultParameters(time.bucket(now), [deployment.design])
  for (const name of ["secrets", join("data", "server"), join("data", "authority")])
    await mkdir(at(name), { recursive: true, mode: 0o700 })
  const ingest = environment({
    LINDUNG_INGEST_LISTEN: deployment.listen,
    LINDUNG_SERVER_DATA: join("data", "server"),
    LINDUNG_SERVER_RECEIPT_SEED: hex(receiptSeed),
    LINDUNG_SERVER_UPLOADS_PER_MINUTE: deployment.uploadsPerMinute,
    LINDUNG_SERVER_PROXIES: deployment.proxies,
  })
  const publisher = environment({
    LINDUNG_PUBLISHER_LISTEN: deployment.publisherListen,
    LINDUNG_SERVER_DATA: join("data", "server"),
    LINDUNG_SERVER_LOG_NAME: nameOf(deployment.url),
    LINDUNG_SERVER_LOG_SEED: hex(logSeed),
    LINDUNG_SERVER_WRAPPING_KEY: hex(secret()),
    LINDUNG_SERVER_AUTHORITY_KEYS: hex(authorityKey),
    LINDUNG_SERVER_PARAMETERS_FILE: "parameters",
    ...exporting?.settings,
    ...(witnesses.length > 0 && {
      LINDUNG_SERVER_WITNESSES: witnesses.map(witnessVariable).join(","),
      LINDUNG_SERVER_WITNESS_QUORUM: quorum,
    }),
  })
  const authority = environment({
    LINDUNG_AUTHORITY_LISTEN: deployment.authorityListen,
    LINDUNG_AUTHORITY_DATA: join("data", "authority"),
    LINDUNG_AUTHORITY_SIGNING_SEED: hex(signingSeed),
    LINDUNG_AUTHORITY_HASH_KEY: hex(hashKey),
    LINDUNG_AUTHORITY_MECHANISM: deployment.mechanism,
    ...(isPortalOrigin(deployment.authorityUrl) && { LINDUNG_PORTAL_ORIGIN: deployment.authorityUrl }),
  })
  const logKey = { name: nameOf(deployment.url), publicKey: nativeEd25519.verifyKey(logSeed) }
  const app = {
    server: {
      files: deployment.url,
      uploads: deployment.url,
      logKey: encodeNoteKey(logKey),
      receiptKey: base64(nativeEd25519.verifyKey(receiptSeed)),
      ...(exporting && { exportKeys: [base64(exporting.publicKey)] }),
      ...(witnesses.length > 0 && { witnesses: { keys: witnesses.map(({ key }) => encodeWitnessKey(key)), quorum } }),
    },
    authority: { url: deployment.authorityUrl, publicKey: base64(authorityKey), mechanism: deployment.mechanism },
    design: deployment.design,
    risk: deployment.preset,
    cover: { meanDays: parameters.coverMeanDays, catchUpHours: parameters.coverCatchUpHours },
    retention: { contactDays: parameters.retentionDays, exposureDays: parameters.retentionDays },
    sync: { minIntervalHours: 2 },
  }
  await writeFile(at("parameters"), encodeParameters(parameters))
  if (exporting) await writeFile(at("export-key.pem"), ecdsa.publicKeyToPem(exporting.publicKey))
  await writeFile(at("secrets", "ingest.env"), ingest, { mode: ONLY_OWNER })
  await writeFile(at("secrets", "publisher.env"), publisher, { mode: ONLY_OWNER })
  await writeFile(at("secrets", "authority.env"), authority, { mode: ONLY_OWNER })
  await writeFile(at("app-config.json"), `${JSON.stringify(app, undefined, 2)}\n`)
  for (const process of ["ingest", "publisher", "authority"] as const) settingsOf(process, directory, {})
  const checked = checkConfig(app)
  if (!checked.ok) throw new Error(checked.problems.map(({ path, message }) => `${path}: ${message}`).join("; "))
  return firstStaff(at("data", "authority", "accounts.sqlite"), hashKey, ports)
}

interface InitPorts {
  readonly random: Random
  /** Unix seconds. */
  readonly now: number
  /** The same for the staff, where the deployment's clock is not the world's. */
  readonly staffNow?: number
}

export interface InitialStaff {
  readonly apiKey: string
  readonly administrator: { readonly name: string; readonly oneTimePassword: string }
}

const FIRST_USER = "admin"

async function firstStaff(path: string, hashKey: Uint8Array, ports: InitPorts): Promise<InitialStaff> {
  const { ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_PARALLELISM } = portalConfigFrom({})
  const cost = { memoryKiB: ARGON2_MEMORY_KIB, passes: ARGON2_PASSES, parallelism: ARGON2_PARALLELISM }
  const store = await sqliteAccountStore(path)
  try {
    const { administration, apiKeys } = openStaff(hashKey, {
      clock: () => ports.staffNow ?? ports.now,
      random: ports.random,
      store,
      passwords: await argon2id(cost, hashKey),
      // There is no log yet: it begins with the first act of somebody.
      record: async () => {},
    })
    const oneTimePassword = await administration.add(FIRST_USER, "administrator", "init")
    const { key } = await apiKeys.add("first", "init")
    return { apiKey: key, administrator: { name: FIRST_USER, oneTimePassword } }
  } finally {
    await store.close()
  }
}

const REGION = "lindung"
const FIRST_VERSION = "v1"

/** The key that signs archives; its region names it too, as other systems do. */
function exportKey(region: string, random: Random) {
  const secretKey = random.bytes(KEY_BYTES)
  return {
    // Of 2²⁵⁶ draws 2²²⁴ are no scalar of the curve; such a one is refused here and now.
    publicKey: ecdsa.ecdsaP256.publicKey(secretKey),
    settings: {
      LINDUNG_SERVER_EXPORT_REGION: region,
      LINDUNG_SERVER_EXPORT_KEYS: `${region}:${FIRST_VERSION}:${hex(secretKey)}`,
    },
  }
}

interface InitOptions {
  readonly url: string
  readonly authorityUrl: string
  readonly listen: string
  readonly authorityListen: string
  readonly publisherListen: string
  readonly design: DesignName
  readonly mechanism: MechanismName
  readonly preset: string
  readonly uploadsPerMinute: string
  readonly proxies: string
  readonly region: string
  readonly witness: string[]
  readonly quorum?: string
}

/** As the server's setting has it: the key, a space, the URL. */
export const witnessVariable = ({ key, url }: WitnessAt): string => `${encodeWitnessKey(key)} ${url}`

/** KEY@URL, or what `lindung witness init` printed with the URL behind a space. */
function witnessIn(text: string): WitnessAt {
  const [, key = "", url = ""] = /^([^@\s]+)[@\s](https?:\/\/\S+)$/.exec(text) ?? []
  if (url === "") throw new Error(`--witness ${text}: expected KEY@URL`)
  return { key: parseWitnessKey(key), url: withoutSlash(url) }
}

const withoutSlash = (url: string): string => new URL(url).href.replace(/\/$/, "")

/** The authority's mechanism, as `lindung init` and `lindung start` take it. */
export const mechanismOption = (): Option =>
  new Option("--mechanism <name>", "how the health authority's permissions pass hands")
    .choices(MECHANISM_NAMES)
    .default("simple")

export function initCommand(): Command {
  return new Command("init")
    .argument("<directory>", "new or empty")
    .option("--url <url>", "where phones reach the key server", "http://127.0.0.1:8420")
    .option("--authority-url <url>", "where phones reach the health authority", "http://127.0.0.1:8421")
    .option("--listen <host:port>", "where the key server listens", "127.0.0.1:8420")
    .option("--authority-listen <host:port>", "where the health authority listens", "127.0.0.1:8421")
    .option("--publisher-listen <host:port>", "where a publisher that runs alone shows its health", "127.0.0.1:8422")
    .addOption(new Option("--design <name>", "the design").choices(DESIGNS.map(({ name }) => name)).default("hybrid"))
    .addOption(mechanismOption())
    .option("--preset <name>", "the risk rule that apps begin with", "dp3t-exposure-score")
    .option("--uploads-per-minute <n>", "limit for one address, which many phones may share; 0 for none", "600")
    .option("--witness <key@url...>", "witnesses of the log, each as the key that it was given and where it is", [])
    .option("--quorum <n>", "how many of them must have cosigned a head; all of them when left out")
    .option("--proxies <n>", "proxies in front of the key server", "0")
    .option("--region <name>", "design gaen: the region and key id of its archives", REGION)
    .addHelpText(
      "after",
      examples(
        "lindung init trial",
        "lindung init /srv/lindung --url https://keys.example --authority-url https://codes.example --proxies 1",
      ),
    )
    .action(async (directory: string, options: InitOptions) => {
      const deployment: Deployment = {
        ...options,
        url: withoutSlash(options.url),
        authorityUrl: withoutSlash(options.authorityUrl),
        uploadsPerMinute: Number(options.uploadsPerMinute),
        proxies: Number(options.proxies),
        witnesses: options.witness.map(witnessIn),
        quorum: Number(options.quorum ?? options.witness.length),
      }
      const ports = { random: systemRandom, now: Date.now() / 1000 }
      const { apiKey, administrator } = await initDeployment(directory, deployment, ports)
      console.log(`${resolve(directory)} is ready: lindung serve ${directory}`)
      console.log(`API key of the health authority, shown this once: ${apiKey}`)
      console.log(`First user of its portal: ${administrator.name}`)
      console.log(`  one-time password, shown this once and good for 7 days: ${administrator.oneTimePassword}`)
    })
}
