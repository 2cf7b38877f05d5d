export { backUp, backupCommand } from "./backup.ts"
export { restore, restoreAuthority, restoreCommand, restoreServer } from "./restore.ts"
