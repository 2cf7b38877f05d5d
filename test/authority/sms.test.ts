import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { expect } from "chai"
import { smsWebhook } from "../../src/authority/index.ts"
import { smsParts } from "../../src/authority/sms.ts"

describe("handing a text to an SMS gateway", () => {
  let server: Server
  let url = ""
  let answer = 200
  let received: { body: string; authorization: string | undefined }[] = []
  before(async () => {
    server = createServer((request, response) => {
      let body = ""
      request.on("data", part => {
        body += part
      })
      request.on("end", () => {
        received.push({ body, authorization: request.headers.authorization })
        if (answer === 0) return
        response.writeHead(answer, answer === 302 ? { location: `${url}/elsewhere` } : {}).end("a long answer")
      })
    })
    await new Promise<void>(listening => server.listen(0, "127.0.0.1", listening))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    received = []
    answer = 200
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  const gateway = (timeoutMs = 5_000) =>
    smsWebhook({ url, authorization: "Bearer x", body: '{"to":"{number}","message":{"text":"{text}"}}', timeoutMs })
  const failure = (work: Promise<void>) =>
    work.then(
      () => "sent",
      error => String(error.message),
    )

  it("posts the template once, with number and text as JSON strings", async () => {
    await gateway().send("+60123456789", 'Code: "{number}"\n\\')
    expect(received).to.have.length(1)
    expect(received[0]!.authorization).to.equal("Bearer x")
    expect(JSON.parse(received[0]!.body)).to.deep.equal({
      to: "+60123456789",
      message: { text: 'Code: "{number}"\n\\' },
    })
  })

  it("a refusal, a redirect and silence are failures, which repeat neither number nor text", async () => {
    for (const status of [400, 500, 302, 0]) {
      answer = status
      const said = await failure(gateway(300).send("+60123456789", "secret"))
      expect(said).to.match(/^the SMS gateway answered (nothing|\d{3})$/)
    }
    expect(received, "a redirect is not followed").to.have.length(4)
  })

  it("knows how many messages a text is", () => {
    expect([smsParts("a".repeat(160)), smsParts("a".repeat(161)), smsParts("a".repeat(307))]).to.deep.equal([1, 2, 3])
    expect([smsParts("•".repeat(70)), smsParts("•".repeat(71))]).to.deep.equal([1, 2])
    expect([smsParts("€".repeat(80)), smsParts("€".repeat(81))]).to.deep.equal([1, 2])
  })
})
