import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { StatusError } from '../api/status-error.ts'
import { startCertifiedApi } from '../testing/certified-api.ts'
import { resources } from './clientset.ts'
import { HttpsTransport } from './https-transport.ts'

test('a server that cannot be reached is a 503 with the cause', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  using transport = new HttpsTransport({ server: `https://127.0.0.1:${port}` })
  await assert.rejects(transport.call({ verb: 'list', resource: resources.pods }), (error) => {
    assert.ok(error instanceof StatusError)
    assert.deepEqual([error.code, error.reason], [503, 'ServiceUnavailable'])
    assert.match((error.cause as Error).message, /ECONNREFUSED/)
    return true
  })
})

test('a server whose certificate nobody vouches for is not spoken to, unless told so', async () => {
  await using api = await startCertifiedApi()
  const { server, clientCert = '', clientKey = '' } = api.connection
  using strict = new HttpsTransport({ server, clientCert, clientKey })
  await assert.rejects(strict.call({ verb: 'list', resource: resources.pods }), (error) => {
    assert.ok(error instanceof StatusError)
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'SELF_SIGNED_CERT_IN_CHAIN')
    return true
  })
  using careless = new HttpsTransport({ server, clientCert, clientKey, insecure: true })
  await careless.call({ verb: 'list', resource: resources.pods })
})

test('a caller without certificate or token is told 401 in a Status', async () => {
  await using api = await startCertifiedApi()
  const { server, ca = '' } = api.connection
  using transport = new HttpsTransport({ server, ca })
  await assert.rejects(transport.call({ verb: 'list', resource: resources.pods }), (error) => {
    assert.ok(error instanceof StatusError)
    assert.deepEqual([error.code, error.reason, error.message], [401, 'Unauthorized', 'Unauthorized'])
    return true
  })
})

test('the token is asked for with every request', async () => {
  const seen: string[] = []
  await using api = await startCertifiedApi({
    authenticator: {
      authenticate({ headers: { authorization = '' } }) {
        seen.push(authorization)
        return { kind: 'user', user: { name: 'someone', groups: ['system:masters'] } }
      },
    },
  })
  const { server, ca = '' } = api.connection
  let issued = 0
  using transport = new HttpsTransport({ server, ca, token: async () => `token-${++issued}` })
  await transport.call({ verb: 'list', resource: resources.pods })
  await transport.get('/version')
  assert.deepEqual(seen, ['Bearer token-1', 'Bearer token-2'])
})

test('any path of the server can be read', async () => {
  await using api = await startCertifiedApi()
  using transport = new HttpsTransport(api.connection)
  const { major, minor } = (await transport.get('/version')) as { major: string; minor: string }
  assert.deepEqual([major, minor], ['1', '36'])
})
