import { existsSync } from "node:fs"
import { join } from "node:path"
import { fieldRadio, type Packet, type Recording, SCENE_NAMES, type SceneName } from "../../simulator/index.ts"

/** The file of each scene, as DP-3T/bt-measurements names it (experiment 34). */
const fileOf = (scene: SceneName): string =>
  `scenario${String(SCENE_NAMES.indexOf(scene) + 1).padStart(2, "0")}-${scene}.sqlite`

interface Row {
  receiver_id: unknown
  transmitter_id: unknown
  timestamp: unknown
  rssi: unknown
  ground_truth_distance: unknown
}

function packetOf(row: Row, where: string, txPower: number): Packet {
  const { receiver_id: receiver, transmitter_id: transmitter, timestamp, rssi, ground_truth_distance: metres } = row
  if (typeof receiver !== "string" || typeof transmitter !== "string" || receiver === transmitter)
    throw new Error(`${where}: expected two different phones`)
  if (typeof timestamp !== "number" || !(timestamp >= 0 && timestamp < 2 ** 32))
    throw new Error(`${where}: expected a timestamp in unix seconds, got ${timestamp}`)
  if (typeof rssi !== "number" || !Number.isInteger(rssi) || rssi < -127 || rssi > 20)
    throw new Error(`${where}: expected an rssi of -127 to 20 dBm, got ${rssi}`)
  if (metres !== null && (typeof metres !== "number" || !(metres >= 0 && metres < 1000)))
    throw new Error(`${where}: expected a distance in metres or NULL, got ${metres}`)
  return { receiver, transmitter, second: Math.round(timestamp * 1000) / 1000, rssi, txPower, distance: metres }
}

const inOrder = (a: string, b: string): number => Number(a) - Number(b) || (a < b ? -1 : Number(a > b))

async function driver() {
  try {
    return (await import("better-sqlite3")).default
  } catch (error) {
    throw new Error("reading a measurement needs the package better-sqlite3: npm install better-sqlite3@12", {
      cause: error,
    })
  }
}

/**
 * One scene of DP-3T's field measurement.
 * @param dir the folder with the six SQLite files of experiment 34
 * @param txPower dBm of every packet. The files say 0, which means "not recorded": the default is the one power that
 *   `lindung measurement fit` finds on lunch and train.
 * @returns packets by time; `people` are all phones that received or were received
 * @throws Error naming the file where it is missing or is not such a table
 */
export async function readScene(dir: string, scene: SceneName, txPower = fieldRadio.txPower): Promise<Recording> {
  const path = join(dir, fileOf(scene))
  if (!existsSync(path))
    throw new Error(`${path}: not there; --data expects the six files of DP-3T/bt-measurements, experiment 34`)
  const Database = await driver()
  const file = new Database(path, { readonly: true, fileMustExist: true })
  try {
    const rows = file
      .prepare("SELECT receiver_id, transmitter_id, timestamp, rssi, ground_truth_distance FROM results")
      .all() as Row[]
    const packets = rows
      .map((row, i) => packetOf(row, `${path}, row ${i + 1}`, txPower))
      .sort((a, b) => a.second - b.second)
    if (packets.length === 0) throw new Error(`${path}: holds no packets`)
    const people = [...new Set(packets.flatMap(({ receiver, transmitter }) => [receiver, transmitter]))].sort(inOrder)
    return { name: scene, people, packets, start: packets[0]!.second, end: packets[packets.length - 1]!.second }
  } catch (error) {
    if (error instanceof Database.SqliteError)
      throw new Error(`${path}: not a scene of the measurement (${error.message})`, { cause: error })
    throw error
  } finally {
    file.close()
  }
}

/** All six scenes, in the order of the day. */
export const readScenes = (dir: string): Promise<Recording[]> =>
  Promise.all(SCENE_NAMES.map(scene => readScene(dir, scene)))
