/**
 * Independent checks over public files. Pure: files come in through a port.
 * @module
 */
export type { DesignFacts } from "./batches.ts"
export type { TreeFiles } from "./files.ts"
export { FINDINGS, type Finding, type FindingCode, type Severity } from "./findings.ts"
export { auditLog, type LogAudit, type LogReport } from "./log.ts"
export type { ProfileFit } from "./profile.ts"
