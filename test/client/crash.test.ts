import { memoryStore } from "../../src/client/index.ts"
import { crashSafety } from "../contract/crash-safety.ts"

crashSafety("memory", () => {
  const store = memoryStore()
  return async () => store
})
