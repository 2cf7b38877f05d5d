/**
 * Independent checks over public files and seized disks. Pure: files come in through ports.
 * @module
 */
export type { DesignFacts } from "./batches.ts"
export * from "./disk/index.ts"
export type { TreeFiles } from "./files.ts"
export { FINDINGS, type Finding, type FindingCode, type Severity } from "./findings.ts"
export { auditLog, type LogAudit, type LogReport } from "./log.ts"
export type { ProfileFit } from "./profile.ts"
