import assert from 'node:assert/strict'
import { Agent, request } from 'node:https'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { selfSigned } from '../../testing/https-api.ts'
import { HttpsServer } from './https-server.ts'

const CONNECTIONS = 240

test('servers at one address get connections by their shares, and let go of the port', async (t) => {
  const tls = await selfSigned()
  const server = (name: string, port: number, portShares: number) =>
    new HttpsServer({
      host: '127.0.0.1',
      port,
      portShares,
      tls,
      log: silentLogger,
      async handle(exchange) {
        exchange.respond(200, {}, Buffer.from(name))
        return undefined
      },
      upgrade: async () => {},
    })
  const one = server('one', 0, 1)
  const { port } = await one.listen()
  const other = server('other', port, 2)
  await other.listen()
  t.after(() => Promise.all([one.close(), other.close()]))

  const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(port)))
  const share = answers.filter((name) => name === 'other').length / CONNECTIONS
  assert.ok(share > 0.5 && share < 0.85, `the share of two thirds is ${share}`) // the kernel draws lots

  await Promise.all([one.close(), other.close()])
  await assert.rejects(ask(port), { code: 'ECONNREFUSED' })
})

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ rejectUnauthorized: false })
    request({ agent, host: '127.0.0.1', port }, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}
