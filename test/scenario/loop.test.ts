import { wholeLoop } from "./whole-loop.ts"

describe("the whole loop over real HTTP and files", () => {
  wholeLoop(["hybrid"])
})
