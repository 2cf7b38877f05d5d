import { ascii, concat, equal, fromHex, hex, hmacSha256, type Random, u32 } from "../../crypto/index.ts"
import type { User } from "./store.ts"

const ID_BYTES = 16
const DAY_BYTES = 4
const TAG_BYTES = 16
const TOKEN = new RegExp(`^[0-9a-f]{${2 * (ID_BYTES + DAY_BYTES + TAG_BYTES)}}$`)
/** A device that was not used for so long is a stranger again. */
export const DEVICE_DAYS = 180

/**
 * A device on which a user was signed in is known by a token that it keeps as a cookie:
 *
 *   id (16) ‖ u32 day ‖ HMAC(k, "lindung/authority/device/1" ‖ id ‖ u32 day ‖ u32 epoch ‖ name)[0..16)
 *
 * Nothing of it is stored, it signs nobody in, and it is void with the user's next epoch.
 */
export interface Devices {
  /** A token of today, for the device of this id or a new one. */
  issue(user: User, day: number, random: Random, id?: string): string
  /** The device's id, when the token is this user's. */
  recognise(user: Pick<User, "name" | "epoch">, token: string | undefined, day: number): string | undefined
  /** Tells the cookies of two users of one device apart, without their names in them. */
  labelOf(name: string): string
}

export function devices(hashKey: Uint8Array): Devices {
  const tag = (id: Uint8Array, day: Uint8Array, { name, epoch }: Pick<User, "name" | "epoch">): Uint8Array =>
    hmacSha256(hashKey, concat(ascii("lindung/authority/device/1"), id, day, u32(epoch), ascii(name))).slice(
      0,
      TAG_BYTES,
    )

  return {
    issue(user, day, random, known) {
      const id = known === undefined ? random.bytes(ID_BYTES) : fromHex(known)
      return hex(concat(id, u32(day), tag(id, u32(day), user)))
    },
    recognise(user, token, day) {
      if (token === undefined || !TOKEN.test(token)) return undefined
      const read = fromHex(token)
      const [id, since] = [read.slice(0, ID_BYTES), read.slice(ID_BYTES, ID_BYTES + DAY_BYTES)]
      const age = day - new DataView(since.buffer).getUint32(0)
      if (!equal(tag(id, since, user), read.slice(-TAG_BYTES)) || age < 0 || age > DEVICE_DAYS) return undefined
      return hex(id)
    },
    labelOf: name =>
      hex(hmacSha256(hashKey, concat(ascii("lindung/authority/device-name/1"), ascii(name))).slice(0, 6)),
  }
}
