import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { StorageVersionMigration } from '../../api/types/storagemigration.v1beta1.ts'
import { systemClock } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import { silentLogger } from '../../base/log.ts'
import type { ResourceClient } from '../../client/client.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi, type TestApi } from '../../testing/api-server.ts'
import { customClient, customDefinition, customObject, establish } from '../../testing/custom-definition.ts'
import { STORAGE_VERSION_MIGRATIONS, StorageVersionMigrator } from './migrator.ts'

const OBJECTS = 30

/** Widgets that are stored as v1, of a definition that stores v2. */
async function outdated(api: TestApi): Promise<DeepReadonly<CustomResourceDefinition>> {
  const first = await establish(api, customDefinition({ versions: [{}, {}] }))
  for (let n = 0; n < OBJECTS; n++) await customClient(api).create(customObject(`a${n}`, { spec: { n } }))
  const moved = editable<CustomResourceDefinition>(first)
  for (const version of moved.spec.versions) version.storage = version.name === 'v2'
  return establish(api, moved)
}

async function storedVersions(api: TestApi): Promise<Record<string, number>> {
  const { entries } = await api.store.list('/registry/example.com/widgets/')
  const versions = entries.map(({ value }) => /"apiVersion":"([^"]+)"/.exec(Buffer.from(value).toString())?.[1] ?? '')
  return Object.fromEntries(
    Map.groupBy(versions, (version) => version)
      .entries()
      .map(([key, { length }]) => [key, length]),
  )
}

/** Runs the migrator until the test ends. */
function run(api: TestApi, t: { after(stop: () => Promise<void>): void }): ResourceClient<StorageVersionMigration> {
  const client = api.client()
  const deps = { clock: systemClock, log: silentLogger }
  const informers = createInformers(client, deps)
  const { discover } = api
  const migrator = new StorageVersionMigrator({ ...deps, informers, discover, clientFor: () => client })
  const stop = new AbortController()
  const running = Promise.all([informers.run(stop.signal), migrator.run(stop.signal)])
  t.after(async () => {
    stop.abort()
    await running
  })
  return client.resource(STORAGE_VERSION_MIGRATIONS) as ResourceClient<StorageVersionMigration>
}

const ask = (name: string, resource = 'widgets') =>
  ({ metadata: { name }, spec: { resource: { group: 'example.com', resource } } }) as never

/** Waits until a migration is over and has left no trace. */
async function ended(migrations: ResourceClient<StorageVersionMigration>, name: string): Promise<string[]> {
  const stop = new AbortController()
  let said: string[] = []
  for await (const { object } of migrations.watch({ fieldSelector: `metadata.name=${name}` }, stop.signal)) {
    const { conditions = [] } = object.status ?? {}
    said = conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)
    if (conditions.length === 1 && conditions[0]?.type !== 'Running') stop.abort()
  }
  return said
}

const served = { runtimeConfig: { 'storagemigration.k8s.io/v1beta1': true } }

test('a migration stores every object in the storage version, and the definition says so', async (t) => {
  await using api = await startTestApi(served)
  const { status } = await outdated(api)
  assert.deepEqual(status.storedVersions, ['v1', 'v2'])
  const migrations = run(api, t)
  await migrations.create(ask('m'))
  assert.deepEqual(await ended(migrations, 'm'), ['Succeeded=True StorageVersionMigrationSucceeded'])
  assert.deepEqual(await storedVersions(api), { 'example.com/v2': OBJECTS })
  const definition = await api.client().customResourceDefinitions.get({ name: 'widgets.example.com' })
  assert.deepEqual(definition.status.storedVersions, ['v2'])
  const { status: migrating, message } =
    definition.status.conditions?.find(({ type }) => type === 'StorageMigrating') ?? {}
  assert.deepEqual(
    [migrating, message],
    ['False', 'The migration has succeeded and the stored versions have been updated'],
  )
})

test('of two migrations of a resource one comes after the other', async (t) => {
  await using api = await startTestApi(served)
  await outdated(api)
  const migrations = run(api, t)
  await migrations.create(ask('first'))
  await migrations.create(ask('second'))
  const [first, second] = await Promise.all([ended(migrations, 'first'), ended(migrations, 'second')])
  assert.deepEqual([first, second], Array(2).fill(['Succeeded=True StorageVersionMigrationSucceeded']))
})

test('an object that cannot be written fails the migration', async (t) => {
  const refuse = {
    mutate() {},
    validate({ operation, definition }: { operation: string; definition: { plural: string } }) {
      if (operation === 'UPDATE' && definition.plural === 'widgets') throw new Error('no')
    },
  }
  await using api = await startTestApi({ ...served, admission: refuse })
  await outdated(api)
  const migrations = run(api, t)
  await migrations.create(ask('m'))
  assert.deepEqual(await ended(migrations, 'm'), ['Failed=True StorageVersionMigrationFailed'])
})
