import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { silentLogger } from '../../base/log.ts'
import { selfSigned } from '../../testing/https-api.ts'
import { HttpsServer } from './https-server.ts'

async function cipherOf(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { name } = socket.getCipher()
  socket.destroy()
  return name
}

test('AES-128 is chosen where the client takes it, with a new certificate too', async () => {
  const tls = await selfSigned()
  const server = new HttpsServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    log: silentLogger,
    handle: async () => {},
    upgrade: async () => {},
  })
  const { port } = await server.listen()
  const first = await cipherOf(port)
  server.renew(tls)
  assert.deepEqual([first, await cipherOf(port)], ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'])
  await server.close()
})
