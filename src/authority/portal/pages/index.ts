import type { SignedIn } from "../api.ts"
import type { Words } from "../language.ts"
import type { PageMaker } from "../portal.ts"
import { accountPage } from "./account.ts"
import { auditPage } from "./audit.ts"
import { bulkPage } from "./bulk.ts"
import { issuePage, preparePage } from "./issue.ts"
import { keysPage } from "./keys.ts"
import { activatePage, signPage } from "./result.ts"
import { revokePage } from "./revoke.ts"
import { statisticsPage } from "./statistics.ts"
import { usersPage } from "./users.ts"

export type PageName = keyof Words["pages"]

type Action = SignedIn["may"][number]
type Mechanism = SignedIn["mechanism"]

interface Entry {
  readonly make: PageMaker
  /** What the role must permit; nothing for what everybody may. */
  readonly needs?: Action
  /** In which deployments there is such a page. */
  readonly mechanisms?: readonly Mechanism[]
}

/** In the order of the menu. */
export const PAGES: Readonly<Record<PageName, Entry>> = {
  issue: { make: issuePage, needs: "issue-codes", mechanisms: ["simple"] },
  prepare: { make: preparePage, needs: "issue-codes", mechanisms: ["activated"] },
  activate: { make: activatePage, needs: "issue-codes", mechanisms: ["activated"] },
  sign: { make: signPage, needs: "issue-codes", mechanisms: ["data-bound"] },
  revoke: { make: revokePage, needs: "revoke-codes" },
  bulk: { make: bulkPage, needs: "issue-in-bulk", mechanisms: ["simple", "activated"] },
  statistics: { make: statisticsPage, needs: "read-statistics" },
  audit: { make: auditPage, needs: "read-audit" },
  users: { make: usersPage, needs: "manage-users" },
  keys: { make: keysPage, needs: "manage-api-keys" },
  account: { make: accountPage },
}

/** The pages that somebody sees; until password and factor are in order, the own account alone. */
export function pagesFor({ may, mechanism, mustChangePassword, mustEnrol }: SignedIn): readonly PageName[] {
  if (mustChangePassword || mustEnrol) return ["account"]
  return (Object.keys(PAGES) as PageName[]).filter(name => {
    const { needs, mechanisms } = PAGES[name]
    return (needs === undefined || may.includes(needs)) && (mechanisms?.includes(mechanism) ?? true)
  })
}
