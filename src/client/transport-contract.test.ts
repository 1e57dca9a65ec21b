import { deepFreeze } from '../base/deep-readonly.ts'
import { startTestApi } from '../testing/api-server.ts'
import { startCertifiedApi } from '../testing/certified-api.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { HttpsTransport } from './https-transport.ts'
import { transportContract } from './transport-contract.ts'

transportContract('fake API', async () => {
  const api = new FakeApi()
  api.react((request) => {
    const { body } = request as { body?: { kind?: string; apiVersion?: string } }
    if (request.verb === 'create') Object.assign(body ?? {}, deepFreeze({ kind: 'ConfigMap', apiVersion: 'v1' }))
  })
  return { transport: api, [Symbol.asyncDispose]: async () => {} }
})

transportContract('in this process', async () => {
  const api = await startTestApi()
  return { transport: api.client().transport, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
})

transportContract('HTTPS', async () => {
  const api = await startCertifiedApi()
  const transport = new HttpsTransport(api.connection)
  return {
    transport,
    async [Symbol.asyncDispose]() {
      transport[Symbol.dispose]()
      await api[Symbol.asyncDispose]()
    },
  }
})
