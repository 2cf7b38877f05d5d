// Audits a mirror and prints what that took. @argv directory, log key, unix seconds
import { auditLog } from "../../src/audit/index.ts"
import { directoryFiles } from "../../src/cli/audit/tree-files.ts"
import { parseNoteKey } from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"

const [directory = "", logKey = "", at = ""] = process.argv.slice(2)
const began = performance.now()
const { designs, findings } = await auditLog({
  files: directoryFiles(directory),
  logKey: parseNoteKey(logKey),
  now: Number(at),
  isMirror: true,
  ed25519: nativeEd25519,
})
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    wall: (performance.now() - began) / 1000,
    cpu: (user + system) / 1e6,
    maxRss: process.resourceUsage().maxRSS,
    entries: designs.reduce((sum, design) => sum + design.entries, 0),
    findings: findings.map(({ code }) => code).join() || "none",
  }),
)
