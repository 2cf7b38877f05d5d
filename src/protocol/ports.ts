export type { Random } from "../crypto/index.ts"

/** The three members of an AbortSignal that long work needs; any AbortSignal fits. */
export interface Cancel {
  readonly aborted: boolean
  addEventListener(type: "abort", listener: () => void): void
  removeEventListener(type: "abort", listener: () => void): void
}
