import { type Config, world } from "lindung/client/testing"

/** Anna and Ben spend 20 minutes together; a day later Anna tests positive. @returns what Ben's phone says */
export async function warning(config: Config): Promise<string> {
  const day = "2020-05-08"
  const w = world({ seed: 7, start: day, config })
  const [anna, ben] = [await w.device("anna"), await w.device("ben")]
  await w.advance({ hours: 10 })
  w.near("anna", "ben", { minutes: 20, attenuation: 50 })
  await w.advance({ days: 1 })

  const proof = await w.confirm("anna", day)
  const consent = { to: "health authority", at: w.now }
  const draft = await anna.prepareReport({ onset: day, proof, consent })
  await draft.submit()
  await w.advance({ hours: 6 })

  const { exposure } = await ben.status()
  await w.close()
  if (exposure.is !== "exposed") return exposure.is
  return exposure.days.map(({ day, score, unit }) => `${day}: ${score} ${unit}`).join("\n")
}
