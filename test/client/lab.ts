import type { Client, Config, IsoDay } from "../../src/client/index.ts"
import type { DesignName } from "../../src/protocol/index.ts"
import { type World, world } from "../../src/simulator/testing.ts"
import { CONFIG } from "./config.ts"

export const START: IsoDay = "2020-05-08"
export const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

export interface Lab {
  readonly w: World
  readonly anna: Client
  readonly ben: Client
}

/** Two phones that were near each other for twenty minutes at noon, some hours ago. Syncs are rare, to save time. */
export async function lab(
  design: DesignName = "hybrid",
  o: {
    seed?: number
    attenuation?: number
    config?: Partial<Config>
    stores?: Parameters<typeof world>[0]["stores"]
  } = {},
): Promise<Lab> {
  const config = { ...CONFIG, design, sync: { minIntervalHours: 12 }, ...o.config }
  const w = world({ seed: o.seed ?? 1, start: START, config, ...(o.stores && { stores: o.stores }) })
  const anna = await w.device("anna")
  const ben = await w.device("ben")
  await w.advance({ hours: 12 })
  w.near("anna", "ben", { minutes: 20, attenuation: o.attenuation ?? 50 })
  await w.advance({ hours: 4 })
  return { w, anna, ben }
}

/** What the person does who tested positive, up to the last step. */
export async function draftOf({ w, anna }: Lab, proof?: string) {
  return anna.prepareReport({
    onset: START,
    proof: proof ?? (await w.confirm("anna", START)),
    consent: { to: "health authority", at: w.now },
  })
}

/** A code that is well formed and that nobody has issued. */
export const WRONG_CODE = "00000000000000"
