import { time } from "../../crypto/index.ts"
import { type DesignName, PATHS } from "../../protocol/index.ts"
import type { Played } from "./experiment.ts"

/** Virtual seconds in one real second, while somebody looks around. */
const SPEED = 60

const clockText = (unix: number): string => `${new Date(unix * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`

/** Keeps serving: virtual time goes on, a key closes the bucket, q or Ctrl-C ends. Resolves when it is to end. */
export async function keepServing(played: Played, design: DesignName): Promise<void> {
  const { servers, virtual } = played
  const newest = () => time.bucket(virtual.now) - 1
  console.log(`
Still serving; it is ${clockText(virtual.now)}, and a second here is ${SPEED} there.
  checkpoint   ${servers.keyServerUrl}${PATHS.checkpoint}
  parameters   ${servers.keyServerUrl}${PATHS.parameters}
  newest batch ${servers.keyServerUrl}${PATHS.batch(design, newest())}
  metrics      ${servers.keyServerUrl}/metrics
  authority    ${servers.authorityUrl}, its API at ${servers.portal.url}/docs
  portal       ${servers.portal.url}/portal/
  first user   ${servers.portal.name}, one-time password ${servers.portal.oneTimePassword}
${process.stdin.isTTY ? "Any key closes the bucket, q ends." : "Ctrl-C ends."}`)

  let working: Promise<void> = Promise.resolve()
  const advance = (): void => {
    working = working
      .then(() => played.nextBucket())
      .then(() =>
        console.log(`bucket ${newest()} is published: ${servers.keyServerUrl}${PATHS.batch(design, newest())}`),
      )
      .catch(error => console.error(`the bucket was not published: ${(error as Error).message}`))
  }
  const ticking = setInterval(() => {
    const before = time.bucket(virtual.now)
    if (time.bucket(virtual.now + SPEED) === before) virtual.now += SPEED
    else advance()
  }, 1000)
  await new Promise<void>(resolve => {
    process.once("SIGINT", resolve)
    process.once("SIGTERM", resolve)
    if (!process.stdin.isTTY) return
    process.stdin.setRawMode(true)
    process.stdin.resume()
    process.stdin.on("data", key => {
      if (key[0] === 0x03 || key[0] === 0x71) resolve()
      else advance()
    })
  })
  clearInterval(ticking)
  if (process.stdin.isTTY) process.stdin.setRawMode(false)
  process.stdin.pause()
  await working
}
