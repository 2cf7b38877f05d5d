export { backUp, backupCommand } from "./backup.ts"
export { restoreAuthority, restoreCommand, restoreServer } from "./restore.ts"
