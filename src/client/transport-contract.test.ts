import { deepFreeze } from '../base/deep-readonly.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { transportContract } from './transport-contract.ts'

transportContract('fake API', async () => {
  const api = new FakeApi()
  api.react((request) => {
    const { body } = request as { body?: { kind?: string; apiVersion?: string } }
    if (request.verb === 'create') Object.assign(body ?? {}, deepFreeze({ kind: 'ConfigMap', apiVersion: 'v1' }))
  })
  return { transport: api, [Symbol.asyncDispose]: async () => {} }
})
