// A mutant: the publisher of a deployment, opening envelopes in its own process. argv: directory.

import { openPublisherOf } from "../../src/cli/services.ts"
import { publishOnTime } from "../../src/server/index.ts"

const { publisher } = await openPublisherOf(process.argv[2]!, {
  clock: () => Date.now() / 1000,
  onServerEvent: event => console.log(JSON.stringify({ event: event.event })),
  onAuthorityEvent: () => {},
  opensApart: false,
  environment: process.env,
})
console.log(JSON.stringify({ event: "listening" }))
publishOnTime(publisher.publishDue, () => Date.now() / 1000, console.error)
