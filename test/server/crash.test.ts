import { acknowledgedUploadsSurvive, oneBatchIsEverSeen } from "./crash/survives.ts"

// Every write is tried in test/slow; here a few, spread over the whole.
const aFew = (writes: number): number => Math.ceil(writes / 2)

it("every upload that was acknowledged survives kill -9", () => acknowledgedUploadsSurvive(aFew))
it("a publisher that is killed and started again never shows two batches for one bucket", () =>
  oneBatchIsEverSeen(aFew))
