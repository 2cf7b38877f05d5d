/** Each role may all that the one before it may. */
export const ROLES = ["issuer", "supervisor", "administrator"] as const
export type Role = (typeof ROLES)[number]

/** Who may do what: the lowest role that may. */
const LOWEST = {
  "issue-codes": "issuer",
  "revoke-codes": "issuer",
  "send-sms": "issuer",
  train: "issuer",
  "issue-in-bulk": "supervisor",
  "read-statistics": "supervisor",
  "read-audit": "administrator",
  "manage-users": "administrator",
  "manage-api-keys": "administrator",
} as const satisfies Record<string, Role>

export type Action = keyof typeof LOWEST
export const ACTIONS = Object.keys(LOWEST) as readonly Action[]

export const may = (role: Role, action: Action): boolean => ROLES.indexOf(role) >= ROLES.indexOf(LOWEST[action])
