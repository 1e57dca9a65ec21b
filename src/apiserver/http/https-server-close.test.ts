import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { Protocol, selfSigned } from '../../testing/https-api.ts'
import { HttpsServer } from './https-server.ts'

/** More than the kernel takes at once. */
const ANSWER = Buffer.alloc(16 * 1024 * 1024, 'x')

/** A server whose one request is answered when the test says so. */
async function setup() {
  const arrived = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const server = new HttpsServer({
    host: '127.0.0.1',
    port: 0,
    tls: await selfSigned(),
    log: silentLogger,
    async handle(exchange) {
      arrived.resolve()
      await answer.promise
      exchange.respond(200, {}, ANSWER)
    },
    upgrade: async () => {},
  })
  const { port } = await server.listen()
  return { server, port, arrived: arrived.promise, answer: answer.resolve }
}

type Ask = (port: number) => AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>

const clients: Readonly<Record<Protocol, Ask>> = {
  [Protocol.Http1]: (port) =>
    new Promise((resolve, reject) => {
      const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
      httpsRequest({ agent, host: '127.0.0.1', port }, resolve).on('error', reject).end()
    }),
  [Protocol.Http2]: (port) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    return session.request({ ':path': '/' }) as AsyncIterable<Buffer>
  },
}

for (const [protocol, ask] of Object.entries(clients)) {
  test(`${protocol}: a request that runs when the server closes is answered to its last byte, and then it is closed`, async () => {
    const { server, port, arrived, answer } = await setup()
    const body = ask(port)
    await arrived
    const closed = server.close()
    answer()
    let bytes = 0
    for await (const chunk of await body) bytes += chunk.length
    assert.equal(bytes, ANSWER.length)
    await closed
  })
}
