// The process that is measured: publishes the bucket of the deployment in argv[2], a bucket later.
import { time } from "../../src/crypto/index.ts"
import { openKeyServer } from "../../src/server/index.ts"
import { BUCKET, config, filePorts } from "../serve/deployment.ts"

const [directory, bucket] = [process.argv[2]!, Number(process.argv[3] ?? BUCKET)]
const server = await openKeyServer(config(bucket), {
  ...(await filePorts(directory)),
  clock: () => time.bucketStart(bucket + 1) + 1,
})
const from = performance.now()
await server.publishDue()
const seconds = (performance.now() - from) / 1000
await server.close()
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
console.log(JSON.stringify({ seconds, megabytes: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }))
