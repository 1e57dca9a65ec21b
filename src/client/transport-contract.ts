import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasReason, Reason, StatusError } from '../api/status-error.ts'
import type { ConfigMap } from '../api/types/core.v1.ts'
import { editable } from '../base/deep-readonly.ts'
import type { New } from './client.ts'
import { Client, resources } from './clientset.ts'
import type { Transport, WatchEvent } from './transport.ts'

/** A transport to a server that has the namespace `default` and lets the caller do everything. */
export interface OpenTransport extends AsyncDisposable {
  readonly transport: Transport
}

const map = (name: string, value = 'v'): New<ConfigMap> => ({
  metadata: { name, namespace: 'default', labels: { contract: 'yes' } },
  data: { value },
})

/** What every Transport promises; each implementation calls this from its test. `open` gives a fresh server each time. */
export function transportContract(name: string, open: () => Promise<OpenTransport>): void {
  const check = (title: string, run: (client: Client, transport: Transport) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      await using server = await open()
      await run(new Client(server.transport), server.transport)
    })

  check('what it returns is frozen at every depth and says its kind', async ({ configMaps }) => {
    await configMaps.create(map('a'))
    const one = await configMaps.get({ name: 'a', namespace: 'default' })
    const [item] = (await configMaps.list({ namespace: 'default', labelSelector: 'contract=yes' })).items
    for (const object of [one, item]) {
      assert.deepEqual([object?.kind, object?.apiVersion], ['ConfigMap', 'v1'])
      assert.deepEqual([object, object?.metadata, object?.data].map(Object.isFrozen), [true, true, true])
    }
  })

  check('failures are StatusErrors with the server’s words', async ({ configMaps }) => {
    await assert.rejects(configMaps.get({ name: 'none', namespace: 'default' }), (error) => {
      assert.ok(error instanceof StatusError)
      assert.deepEqual([error.code, error.reason, error.message], [404, 'NotFound', 'configmaps "none" not found'])
      return true
    })
    await configMaps.create(map('a'))
    await assert.rejects(configMaps.create(map('a')), (error) => hasReason(error, Reason.AlreadyExists))
  })

  check('a stale update is refused', async ({ configMaps }) => {
    const stale = editable<ConfigMap>(await configMaps.create(map('a')))
    await configMaps.update({ ...stale, data: { value: 'new' } })
    await assert.rejects(configMaps.update(stale), (error) => hasReason(error, Reason.Conflict))
  })

  check('patches merge', async ({ configMaps }) => {
    await configMaps.create(map('a'))
    const patch = { type: 'merge', body: { data: { more: 'x' } } } as const
    const patched = await configMaps.patch({ name: 'a', namespace: 'default' }, patch)
    assert.deepEqual(patched.data, { value: 'v', more: 'x' })
  })

  check('deleting with another uid as precondition is refused', async ({ configMaps }) => {
    await configMaps.create(map('a'))
    const refused = configMaps.delete({ name: 'a', namespace: 'default' }, { preconditions: { uid: 'other' } })
    await assert.rejects(refused, (error) => hasReason(error, Reason.Conflict))
  })

  check('a watch begins with what is there and goes on with what changes', async ({ configMaps }) => {
    await configMaps.create(map('a'))
    const options = {
      namespace: 'default',
      labelSelector: 'contract=yes',
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    } as const
    const seen: string[] = []
    const stop = new AbortController()
    for await (const event of configMaps.watch(options, stop.signal)) {
      seen.push(told(event))
      if (event.type === 'BOOKMARK') await configMaps.create(map('b'))
      else if (event.object.metadata.name === 'b' && event.type === 'ADDED')
        await configMaps.delete(event.object.metadata)
      if (event.type === 'DELETED') stop.abort()
    }
    assert.deepEqual(seen, ['ADDED a', 'BOOKMARK', 'ADDED b', 'DELETED b'])
  })

  check('a watch resumes after the revision it names', async ({ configMaps }) => {
    await configMaps.create(map('a'))
    const { metadata } = await configMaps.list({ namespace: 'default' })
    await configMaps.create(map('b'))
    const stop = new AbortController()
    const options = { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '' }
    for await (const event of configMaps.watch(options, stop.signal)) {
      assert.equal(told(event), 'ADDED b')
      stop.abort()
    }
  })

  check('events come in arrays, none of them empty', async (client, transport) => {
    await client.configMaps.create(map('a'))
    await client.configMaps.create(map('b'))
    const stop = new AbortController()
    const query = { labelSelector: 'contract=yes', resourceVersion: '0' }
    const request = { verb: 'watch', resource: resources.configMaps, namespace: 'default', query } as const
    const seen: string[] = []
    for await (const events of transport.watch<ConfigMap>(request, stop.signal)) {
      assert.ok(events.length > 0)
      seen.push(...events.map(told))
      if (seen.length === 2) await Promise.all([client.configMaps.create(map('c')), client.configMaps.create(map('d'))])
      if (seen.length === 4) stop.abort()
    }
    assert.deepEqual(seen.slice(0, 2), ['ADDED a', 'ADDED b'])
    assert.deepEqual(seen.slice(2).sort(), ['ADDED c', 'ADDED d'])
  })

  check('an aborted call rejects with the signal’s reason', async (_client, transport) => {
    const reason = new Error('enough')
    const call = transport.call({ verb: 'list', resource: resources.configMaps }, AbortSignal.abort(reason))
    await assert.rejects(call, reason)
  })
}

function told({ type, object }: WatchEvent<ConfigMap>): string {
  return `${type} ${object.metadata.name ?? ''}`.trim()
}
