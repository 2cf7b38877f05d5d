import { checkConfig, type IsoDay, open, type Ports } from "lindung/client"

/** @param config the parsed app-config.json of a deployment @param show puts a line on the app's screen */
export async function embed(config: unknown, ports: Ports, show: (line: string) => void) {
  const checked = checkConfig(config)
  if (!checked.ok) throw new Error(checked.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"))
  const client = await open(checked.config, ports)
  await client.start() // broadcasts and listens; from here on the scheduler calls client.run(task)
  const result = await client.sync() // every batch that is new, compared on the phone
  if (result.is === "failed") show(`${result.error.code}, try again: ${result.error.retry}`)
  const { exposure } = await client.status()
  if (exposure.is === "exposed") for (const { day, score, unit } of exposure.days) show(`${day}: ${score} ${unit}`)

  /** After a positive test. @throws LindungError with what went wrong, when to try again and what the user can do */
  async function report(onset: IsoDay, proof: string) {
    const draft = await client.prepareReport({ onset, proof, consent: { to: "authority", at: ports.clock.now() } })
    show(`this sends the secrets of ${draft.days.join(", ")}`) // no request so far
    await draft.submit() // the code for a token, then the first of two envelopes
  }
  return { client, report }
}
