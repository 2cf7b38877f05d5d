import { type Client, checkConfig, type IsoDay, LindungError, open, type Ports } from "lindung/client"

/** @param config the parsed app-config.json of a deployment @param show puts a line on the app's screen */
export async function listen(config: unknown, ports: Ports, show: (line: string) => void): Promise<Client> {
  const checked = checkConfig(config)
  if (!checked.ok) throw new Error(checked.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"))
  const client = await open(checked.config, ports)
  const tracing = await client.start() // broadcasts and listens; from here on the scheduler calls client.run(task)
  if (tracing.is === "limited") for (const { code, userCan } of tracing.by) show(`${code}: ${userCan}`)
  const result = await client.sync() // every batch that is new, compared on the phone
  if (result.is === "failed") show(`${result.error.code}, try again: ${result.error.retry}`)
  const { exposure } = await client.status()
  if (exposure.is === "exposed") for (const { day, score, unit } of exposure.days) show(`${day}: ${score} ${unit}`)
  return client
}

export async function report(client: Client, { clock }: Ports, onset: IsoDay, proof: string): Promise<string> {
  try {
    const draft = await client.prepareReport({ onset, proof, consent: { to: "health authority", at: clock.now() } })
    await draft.submit() // redeems the code, then sends the first of two envelopes
    return `sent: ${draft.days.join(", ")}`
  } catch (error) {
    if (error instanceof LindungError) return `${error.code}, the user can: ${error.userCan}`
    throw error
  }
}
