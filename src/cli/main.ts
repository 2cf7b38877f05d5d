#!/usr/bin/env node
// Nothing is imported before this: an older Node does not get as far as a sentence when it cannot read what follows.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`lindung needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(2)
}
// Set for another program, it has libraries write addresses of phones to standard error.
delete process.env["DEBUG"]
const { run } = await import("./program.ts")
await run(process.argv)

export {}
