import { acknowledgedUploadsSurvive, oneBatchIsEverSeen } from "../server/crash/survives.ts"

const every = (): number => 1

it("every upload that was acknowledged survives kill -9 at any write", () => acknowledgedUploadsSurvive(every)).timeout(
  600_000,
)
it("a publisher that is killed at any write and started again never shows two batches for one bucket", () =>
  oneBatchIsEverSeen(every)).timeout(900_000)
