import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { builtinResources } from '../../src/api/kinds/index.ts'
import { groupVersion, type ResourceDefinition } from '../../src/api/resource.ts'
import { startHttpsApi } from '../../src/testing/https-api.ts'
import { covers, grow } from './grow.ts'
import { KindClient, NAMESPACE } from './kind-client.ts'
import { NAMES, SEEDS } from './seeds.ts'
import { type Json, json, protobuf, type WireEvent, type WireFormat } from './wire-format.ts'

// Every kind and version that has objects goes through its life: create, get, update, each patch, apply, list, watch,
// delete; in JSON and in protobuf; with objects that grow at random as far as the server's own rules let them.

const ATTEMPTS = Number(process.env.CONFORMANCE_ATTEMPTS ?? 150)
const SEED = Number(process.env.CONFORMANCE_SEED ?? 1)
const WATCH_MS = 20_000

const api = await startHttpsApi({ runtimeConfig: { 'api/all': true } })
after(() => api[Symbol.asyncDispose]())

const living = builtinResources().filter(({ verbs }) => verbs.includes('create') && verbs.includes('get'))

/** What the server writes and changes by itself at any time. */
function content(object: Json): Json {
  const {
    managedFields: _fields,
    resourceVersion: _revision,
    generation: _generation,
    ...metadata
  } = object.metadata as Json
  return { ...object, metadata }
}

const revisionOf = (object: Json): string => (object.metadata as { resourceVersion: string }).resourceVersion

/** What one write makes of an object may not differ from another's by more than who and when it is. */
function anonymous(object: Json): Json {
  const { uid, creationTimestamp: _created, ...metadata } = content(object).metadata as Json
  const timeless = (name: string, value: unknown) => (name === 'lastTransitionTime' ? 'TIME' : value)
  return JSON.parse(JSON.stringify({ ...object, metadata }, timeless).replaceAll(String(uid), 'UID')) as Json
}

function seedOf(definition: ResourceDefinition, suffix: string): Json {
  const version = groupVersion(definition)
  const seed = SEEDS[`${version} ${definition.kind}`] ?? SEEDS[definition.kind]
  assert.ok(seed, `no seed for ${version} ${definition.kind}`)
  const name = NAMES[definition.kind] ?? `conformance-${suffix}`
  return {
    kind: definition.kind,
    apiVersion: version,
    metadata: { name, ...(definition.namespaced && { namespace: NAMESPACE }), labels: { suite: suffix } },
    ...structuredClone(seed),
  }
}

async function grown(definition: ResourceDefinition, suffix: string): Promise<Json> {
  using client = new KindClient(api.port, definition, json)
  const trial = async (object: Json) => {
    const { status, object: answer } = await client.create(object, '?dryRun=All&fieldValidation=Strict')
    return status === 201 ? answer : undefined
  }
  const seed = seedOf(definition, suffix)
  const first = await client.create(seed, '?dryRun=All&fieldValidation=Strict')
  assert.equal(first.status, 201, JSON.stringify(first.object))
  return await grow(definition.type, seed, { attempts: ATTEMPTS, number: SEED, trial })
}

async function live(client: KindClient, sent: Json, suffix: string): Promise<Json> {
  const name = (sent.metadata as { name: string }).name
  const created = await client.create(sent)
  assert.equal(created.status, 201, JSON.stringify(created.object))
  assert.ok(covers(content(sent), created.object), 'a field that was sent is lost')
  const settled = await settledState(client, created.object)
  const first = revisionOf(settled)
  const stop = new AbortController()
  const watching = client.watchUntilDeleted(name, first, AbortSignal.any([stop.signal, AbortSignal.timeout(WATCH_MS)]))
  watching.catch(() => {}) // awaited at the end, unless something fails before
  try {
    return await change(client, sent, settled, suffix, watching)
  } finally {
    stop.abort()
  }
}

/** The server writes the status of a definition by itself: its life goes on when that has come to rest. */
async function settledState(client: KindClient, created: Json): Promise<Json> {
  if (created.kind !== 'CustomResourceDefinition') return created
  for (;;) {
    const { object } = await client.get((created.metadata as { name: string }).name)
    const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] }
    if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return object
  }
}

async function change(
  client: KindClient,
  sent: Json,
  created: Json,
  suffix: string,
  watching: Promise<WireEvent[]>,
): Promise<Json> {
  const name = (sent.metadata as { name: string }).name
  const states = [created]
  using inJson = new KindClient(client.port, client.definition, json)
  const stored = (await inJson.get(name)).object
  assert.deepEqual(await client.get(name), { status: 200, object: created })
  const same = await client.update(name, created)
  assert.deepEqual(same, { status: 200, object: created }, 'an update without a change is one')

  const updated = structuredClone(created)
  mark(updated, 'updated')
  states.push(expectOk(await client.update(name, updated)))
  const added = (by: string) => ({ metadata: { annotations: { [by]: 'yes' } } })
  const path = '/metadata/annotations/json'
  const patches: [type: string, body: unknown, query?: string][] = [
    ['application/merge-patch+json', added('merge')],
    ['application/strategic-merge-patch+json', added('strategic')],
    ['application/json-patch+json', [{ op: 'add', path, value: 'yes' }]],
    [
      'application/apply-patch+yaml',
      { apiVersion: sent.apiVersion, kind: sent.kind, ...added('apply') },
      '?fieldManager=suite&force=true',
    ],
  ]
  for (const [type, body, query] of patches) states.push(expectOk(await client.patch(name, type, body, query)))

  const last = states.at(-1) as Json
  assert.deepEqual(
    content(last),
    content(withMarks(created, ['updated', 'merge', 'strategic', 'json', 'apply'])),
    'patches changed more than they said',
  )
  const listed = await client.list(`labelSelector=suite%3D${suffix}&limit=5`)
  const { kind, apiVersion, ...bare } = last
  const items = (listed.object.items as Json[]).map(({ kind: _kind, apiVersion: _version, ...item }) => item)
  assert.deepEqual(items, [bare], `${apiVersion} ${kind} is not listed as it is got`)

  await remove(client, name)
  const events = await watching
  assertHistory(events, states)
  return stored
}

function mark(object: Json, by: string): void {
  const metadata = object.metadata as { annotations?: Record<string, string> }
  metadata.annotations = { ...metadata.annotations, [by]: 'yes' }
}

function withMarks(object: Json, marks: readonly string[]): Json {
  const marked = structuredClone(object)
  for (const by of marks) mark(marked, by)
  return marked
}

function expectOk({ status, object }: { status: number; object: Json }): Json {
  assert.equal(status, 200, JSON.stringify(object))
  return object
}

/** Deletes at once what waits for someone: a grace period, a finalizer. */
async function remove(client: KindClient, name: string): Promise<void> {
  const { status, object } = await client.delete(name)
  assert.ok(status === 200 || status === 202, JSON.stringify(object))
  const left = await client.get(name)
  if (left.status === 404) return
  const released = { ...left.object, metadata: { ...(left.object.metadata as Json), finalizers: undefined } }
  if (client.definition.kind === 'Namespace') await client.update(name, { ...released, spec: {} }, 'finalize')
  else await client.patch(name, 'application/merge-patch+json', { metadata: { finalizers: null } })
  assert.equal((await client.get(name)).status, 404, `${client.definition.kind} ${name} cannot be deleted`)
}

/** The changes after creation in their order, each as its request was answered; then perhaps a mark, then the end. */
function assertHistory(events: readonly WireEvent[], [, ...changes]: readonly Json[]): void {
  const seen = events.slice(0, changes.length)
  assert.deepEqual(
    seen,
    changes.map((object) => ({ type: 'MODIFIED', object })),
  )
  assert.equal(events.at(-1)?.type, 'DELETED')
}

for (const definition of living) {
  test(`${groupVersion(definition)} ${definition.kind} lives the same life in JSON and in protobuf`, async () => {
    const object = await grown(definition, 'random')
    const results: Json[] = []
    for (const format of [json, protobuf] satisfies WireFormat[]) {
      using client = new KindClient(api.port, definition, format)
      results.push(anonymous(await live(client, structuredClone(object), 'random')))
    }
    assert.deepEqual(results[1], results[0])
  })
}
