import { test } from 'node:test'
import { EtcdServer, hasEtcd } from '../../testing/etcd-server.ts'
import { storeContract } from '../contract.ts'
import { EtcdStore } from './etcd-store.ts'
import { KeySpace } from './key-space.ts'

const everything = new KeySpace({ from: '/', to: '/' })

if (hasEtcd()) storeContract('etcd', ({ clock }) => openFresh(clock), { expiry: 'by the server' })
else test('etcd', { skip: 'etcd is not installed: tools/setup --test' }, () => {})

/** A store in an etcd of its own, which goes when the store is closed. */
async function openFresh(clock: Parameters<typeof EtcdStore.open>[0]['clock']): Promise<EtcdStore> {
  const server = await EtcdServer.start()
  const store = await EtcdStore.open({ servers: [server.url], clock, keys: everything })
  const dispose = store[Symbol.asyncDispose].bind(store)
  store[Symbol.asyncDispose] = async () => {
    await dispose()
    await server[Symbol.asyncDispose]()
  }
  return store
}
