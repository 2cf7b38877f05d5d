import type { FindingCode } from "../../src/audit/index.ts"
import type { Tree } from "./world.ts"

/** One way in which a server can lie: the one code that the audit gives, in words, the clean tree, and what changes. */
export type Tampering = readonly [FindingCode, string, () => Promise<Tree>, (tree: Tree) => void]
