/**
 * What somebody learns who gets all disks of a deployment, and the memory of its processes. Pure: files and memory
 * images come in as values.
 */
export { auditDisk, type DiskAuditOptions, type DiskFile, type Seized } from "./audit.ts"
export { type Canary, encodings, type Hit, type Inflate, inflated, Search } from "./canaries.ts"
export type { Column, Holds } from "./column.ts"
export type { Rebuild } from "./database.ts"
export { DISK_FINDINGS, type DiskFinding, type DiskFindingCode, DiskReport, type Learnt } from "./findings.ts"
export { type FileKind, INVENTORY, type Inventory } from "./inventory.ts"
export type { MemoryImage } from "./memory.ts"
export { REMAINDER } from "./remainder.ts"
export { readSqlite, readWal, type SqliteFile } from "./sqlite-file.ts"
