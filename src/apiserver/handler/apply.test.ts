import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiObject } from '../../api/resource.ts'
import type { ConfigMap } from '../../api/types/core.v1.ts'
import type { ManagedFieldsEntry } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { startTestApi, type TestApi } from '../../testing/api-server.ts'
import { customClient, customDefinition, customObject, establish } from '../../testing/custom-definition.ts'
import type { ApiCall, ApiResult } from './call.ts'

type Managed = DeepReadonly<{ metadata: { managedFields?: ManagedFieldsEntry[] } }>

const owners = ({ metadata }: Managed): Record<string, unknown> =>
  Object.fromEntries((metadata.managedFields ?? []).map(({ manager = '', fieldsV1 }) => [manager, fieldsV1]))

const at = { namespace: 'a', name: 'x' }
const map = (more: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...more })
const refusal = (code: number, message: string | RegExp) => ({ code, message })

interface Applying {
  readonly manager?: string
  readonly force?: boolean
  readonly subresource?: string
}

const applyMap = (api: TestApi, body: object, { manager = 'm', ...how }: Applying = {}) =>
  api.client().configMaps.patch(at, { type: 'apply', body, ...how }, { fieldManager: manager })

/** An apply as it comes by HTTP. */
async function applyBytes(
  api: TestApi,
  text: string | Uint8Array,
  { query = {}, plural = 'configmaps', mediaType = 'application/apply-patch+yaml' } = {} as {
    query?: Record<string, string>
    plural?: string
    mediaType?: string
  },
): Promise<{ result: ApiResult; warnings: string[] }> {
  const warnings: string[] = []
  const all: Record<string, string> = { fieldManager: 'm', ...query }
  const call: ApiCall = {
    verb: 'patch',
    resource: api.server.registry.find('', 'v1', plural) as ApiCall['resource'],
    ...at,
    subresource: '',
    query: { get: (name) => all[name], all: (name) => (all[name] === undefined ? [] : [all[name]]) },
    body: { kind: 'bytes', bytes: Buffer.from(text), mediaType, readable: [] },
    patchType: 'apply',
    user: { name: 'u', groups: [] },
    signal: new AbortController().signal,
    warn: (warning) => warnings.push(warning),
  }
  return { result: await api.server.handler(call), warnings }
}

const objectOf = (result: ApiResult): DeepReadonly<ApiObject> => {
  assert.equal(result.kind, 'object')
  return result.kind === 'object' ? result.object.object() : (undefined as never)
}

test('an apply makes an object that is not there, and changes one that is', async () => {
  await using api = await startTestApi()
  const first = await applyBytes(api, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: "1"}\n')
  assert.equal((first.result as { code: number }).code, 201)
  const second = await applyBytes(api, JSON.stringify(map({ data: { l: '2' } })))
  assert.equal((second.result as { code: number }).code, 200)
  const applied = objectOf(second.result) as DeepReadonly<ConfigMap>
  assert.deepEqual([applied.data, owners(applied)], [{ l: '2' }, { m: { 'f:data': { 'f:l': {} } } }])
})

test('who may patch but not create cannot make an object by applying', async () => {
  const authorizer = { authorize: ({ verb }: { verb: string }) => decision(verb === 'create' ? 'deny' : 'allow') }
  const decision = (verdict: 'allow' | 'deny') => ({ verdict, reason: verdict === 'deny' ? 'not by you' : '' }) as const
  await using api = await startTestApi({ authorizer: authorizer as never })
  await assert.rejects(applyMap(api, map()), refusal(403, 'configmaps "x" is forbidden: not by you'))
})

test('an apply that changes nothing is not written', async () => {
  await using api = await startTestApi()
  const first = await applyMap(api, map({ data: { k: '1' } }))
  assert.deepEqual(await applyMap(api, map({ data: { k: '1' } })), first)
})

test('a field that is another manager’s is a conflict, which force takes', async () => {
  await using api = await startTestApi()
  await applyMap(api, map({ data: { k: '1', l: '1' } }), { manager: 'first' })
  const body = map({ data: { k: '2', l: '2' } })
  await assert.rejects(applyMap(api, body, { manager: 'second' }), {
    code: 409,
    reason: 'Conflict',
    message: 'Apply failed with 2 conflicts: conflicts with "first":\n- .data.k\n- .data.l',
    details: {
      causes: ['k', 'l'].map((name) => ({
        reason: 'FieldManagerConflict',
        message: 'conflict with "first"',
        field: `.data.${name}`,
      })),
    },
  })
  const forced = await applyMap(api, body, { manager: 'second', force: true })
  assert.deepEqual(owners(forced), { second: { 'f:data': { 'f:k': {}, 'f:l': {} } } })
})

test('what nobody had been said to own is `before-first-apply`’s', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create({ metadata: { ...at, managedFields: [] }, data: { k: '1' } } as unknown as New<ConfigMap>)
  await configMaps.patch(at, { type: 'merge', body: { metadata: { managedFields: [{}] } } })
  const message = 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k'
  await assert.rejects(applyMap(api, map({ data: { k: '2' } })), refusal(409, message))
})

test('kubectl takes over what it applied on the client’s side, and keeps its annotation up to date', async () => {
  await using api = await startTestApi()
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
  const lastApplied = JSON.stringify(map({ data: { k: '1', gone: '1' } }))
  const body = { metadata: { ...at, annotations: { [annotation]: lastApplied } }, data: { k: '1', other: '1' } }
  await api.client().configMaps.create(body as unknown as New<ConfigMap>, { fieldManager: 'kubectl-client-side-apply' })
  const applied = await applyMap(api, map({ data: { k: '2' } }), { manager: 'kubectl' })
  assert.equal(
    applied.metadata.annotations?.[annotation],
    '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n',
  )
  const conflict = /conflict with "kubectl-client-side-apply" using v1: \.data\.other$/
  await assert.rejects(applyMap(api, map({ data: { other: '2' } }), { manager: 'kubectl' }), refusal(409, conflict))
  await assert.rejects(applyMap(api, map({ data: { other: '2' } }), { manager: 'helm' }), refusal(409, conflict))
})

const refused: [what: string, body: object, code: number, message: string | RegExp][] = [
  ['another kind', { ...map(), kind: 'Secret' }, 400, 'invalid object type: /v1, Kind=Secret'],
  ['another version', { ...map(), apiVersion: 'apps/v1' }, 400, 'invalid object type: apps/v1, Kind=ConfigMap'],
  ['managedFields', map({ metadata: { name: 'x', managedFields: [] } }), 400, 'metadata.managedFields must be nil'],
  [
    'an unknown field',
    map({ nonsense: 1 }),
    500,
    'failed to create typed patch object (/x; /v1, Kind=ConfigMap): .nonsense: field not declared in schema',
  ],
  [
    'a value of a wrong type',
    map({ data: { k: 1 } }),
    500,
    'failed to create typed patch object (/x; /v1, Kind=ConfigMap): .data.k: expected string, got &value.valueUnstructured{Value:1}',
  ],
  [
    'another name',
    map({ metadata: { name: 'y' } }),
    400,
    'the name of the object (y) does not match the name on the URL (x)',
  ],
  [
    'another namespace',
    map({ metadata: { name: 'x', namespace: 'b' } }),
    400,
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  [
    'a uid where nothing is',
    map({ metadata: { name: 'x', uid: 'u' } }),
    409,
    'Operation cannot be fulfilled on configmaps "x": uid mismatch: the provided object specified uid u, and no existing object was found',
  ],
]

for (const [what, body, code, message] of refused) {
  test(`an apply of ${what} is refused with ${code}`, async () => {
    await using api = await startTestApi()
    await assert.rejects(applyMap(api, body), refusal(code, message))
  })
}

test('an apply that names a revision is good for that one only', async () => {
  await using api = await startTestApi()
  await applyMap(api, map({ metadata: { name: 'x', resourceVersion: '1' }, data: { k: '1' } })) // nothing there: made
  const stale = map({ metadata: { name: 'x', resourceVersion: '1' }, data: { k: '2' } })
  await assert.rejects(applyMap(api, stale), refusal(409, /the object has been modified/))
})

test('an apply that names another uid than the object has is refused', async () => {
  await using api = await startTestApi()
  await applyMap(api, map())
  const other = map({ metadata: { name: 'x', uid: 'other' } })
  await assert.rejects(applyMap(api, other), refusal(422, /metadata\.uid: Invalid value: "other": field is immutable/))
})

const options: [query: Record<string, string>, message: string][] = [
  [
    { fieldManager: '' },
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  ],
  [
    { dryRun: 'Some' },
    'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  ],
]

for (const [query, message] of options) {
  test(`an apply with ${JSON.stringify(query)} is refused with 422`, async () => {
    await using api = await startTestApi()
    await assert.rejects(applyBytes(api, JSON.stringify(map()), { query }), refusal(422, message))
  })
}

test('a dry run answers what would be, and nothing is', async () => {
  await using api = await startTestApi()
  const { result } = await applyBytes(api, JSON.stringify(map({ data: { k: '1' } })), { query: { dryRun: 'All' } })
  assert.deepEqual(owners(objectOf(result)), { m: { 'f:data': { 'f:k': {} } } })
  await assert.rejects(api.client().configMaps.get(at), refusal(404, 'configmaps "x" not found'))
})

const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nimmutable: false\nimmutable: true\n'
const inJson = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"immutable":false,\n"immutable":true}'

for (const [format, text, line] of [
  ['YAML', twice, 5],
  ['JSON', inJson, 2],
] as const) {
  test(`a member given twice in ${format} is told, or refused where that was asked for`, async () => {
    await using api = await startTestApi()
    const { result, warnings } = await applyBytes(api, text)
    assert.deepEqual(warnings, [`line ${line}: key "immutable" already set in map`])
    assert.equal((objectOf(result) as DeepReadonly<ConfigMap>).immutable, true)
    const strict = applyBytes(api, text, { query: { fieldValidation: 'Strict' } })
    const message = `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line ${line}: key "immutable" already set in map`
    await assert.rejects(strict, refusal(400, message))
  })
}

test('a body that is no object is refused', async () => {
  await using api = await startTestApi()
  await assert.rejects(
    applyBytes(api, '[1]'),
    refusal(400, /^error decoding YAML: error unmarshaling JSON: .*cannot unmarshal array/),
  )
  await assert.rejects(
    applyBytes(api, 'a: ['),
    refusal(400, /^error decoding YAML: error converting YAML to JSON: yaml: /),
  )
})

test('status can be applied to, by itself', async () => {
  await using api = await startTestApi()
  const { resourceQuotas } = api.client()
  const quota = (more: object) => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'x' }, ...more })
  const apply = (body: object, subresource?: string) =>
    resourceQuotas.patch(at, { type: 'apply', body, ...(subresource && { subresource }) }, { fieldManager: 'm' })
  const missing = refusal(404, 'resourcequotas "x" not found')
  await assert.rejects(apply(quota({ status: { used: { pods: '1' } } }), 'status'), missing)
  await apply(quota({ spec: { hard: { pods: '1' } } }))
  const applied = await apply(quota({ spec: { hard: { pods: '2' } }, status: { used: { pods: '1' } } }), 'status')
  assert.deepEqual([applied.spec, applied.status], [{ hard: { pods: '1' } }, { used: { pods: '1' } }])
  assert.deepEqual(
    applied.metadata.managedFields?.map(({ subresource, fieldsV1 }) => [subresource, fieldsV1]),
    [
      [undefined, { 'f:spec': { 'f:hard': { 'f:pods': {} } } }],
      ['status', { 'f:status': { 'f:used': { 'f:pods': {} } } }],
    ],
  )
})

test('the scale of an object can be applied to', async () => {
  await using api = await startTestApi()
  const { replicaSets } = api.client()
  const labels = { a: 'b' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { replicas: 1, selector: { matchLabels: labels }, template }
  await replicaSets.create({ metadata: at, spec } as never, { fieldManager: 'maker' })
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: 3 } }
  const apply = (force: boolean) =>
    replicaSets.patch(at, { type: 'apply', body: scale, subresource: 'scale', force }, { fieldManager: 'scaler' })
  await assert.rejects(apply(false), refusal(409, /conflict with "maker" using .*: \.spec\.replicas$/))
  await apply(true)
  const scaled = await replicaSets.get(at)
  assert.deepEqual([scaled.spec.replicas, owners(scaled).scaler], [3, { 'f:spec': { 'f:replicas': {} } }])
})

test('a custom resource is applied to in any of its versions', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{}, { storage: false }] }))
  const { metadata, ...rest } = customObject('x', { spec: { size: 1, color: 'red' } })
  const where = { namespace: metadata.namespace as string, name: 'x' }
  const apply = (version: 'v1' | 'v2', manager: string, spec: object) =>
    customClient(api, 'widgets', version).patch(
      where,
      { type: 'apply', body: { ...rest, apiVersion: `example.com/${version}`, metadata: { name: 'x' }, spec } },
      { fieldManager: manager },
    )
  await apply('v1', 'first', { size: 1, color: 'red' })
  await assert.rejects(apply('v2', 'second', { size: 2 }), refusal(409, /conflict with "first": \.spec\.size$/))
  const shared = await apply('v2', 'second', { size: 1 })
  assert.deepEqual(owners(shared), {
    first: { 'f:spec': { '.': {}, 'f:color': {}, 'f:size': {} } },
    second: { 'f:spec': { '.': {}, 'f:size': {} } },
  })
  const moved = await apply('v2', 'first', { size: 1 })
  assert.deepEqual([moved.spec, owners(moved).first], [{ size: 1 }, { 'f:spec': { '.': {}, 'f:size': {} } }])
})

test('who wrote a version that is served no more owns nothing after the next apply', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition())
  const old = { manager: 'old', operation: 'Update', apiVersion: 'example.com/v0', fieldsType: 'FieldsV1' }
  const object = customObject('x', { spec: { size: 1 } })
  const { namespace } = object.metadata
  const managedFields = [{ ...old, fieldsV1: { 'f:spec': { 'f:size': {} } } }]
  const widgets = customClient(api)
  await widgets.create({ ...object, metadata: { ...object.metadata, managedFields } } as never, {
    fieldManager: 'maker',
  })
  const body = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'x' }, spec: { size: 1 } }
  const where = { namespace: namespace as string, name: 'x' }
  const applied = await widgets.patch(where, { type: 'apply', body }, { fieldManager: 'm' })
  assert.equal('old' in owners(applied), false)
})

test('what is left when another version leaves everything out can be converted', async () => {
  await using api = await startTestApi()
  const transport = api.server.transport({ name: 'u', groups: [] })
  const apply = (version: string, more: object) => {
    const body = { apiVersion: `autoscaling/${version}`, kind: 'HorizontalPodAutoscaler', ...more }
    const resource = { group: 'autoscaling', version, plural: 'horizontalpodautoscalers' } as never
    return transport.call({ verb: 'patch', resource, ...at, patchType: 'apply', query: { fieldManager: 'm' }, body })
  }
  const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 }
  await apply('v1', { metadata: { name: 'x' }, spec })
  await assert.doesNotReject(apply('v2', {}))
})

test('an object whose list items cannot be told apart cannot be applied to', async () => {
  await using api = await startTestApi()
  const { serviceAccounts } = api.client()
  await serviceAccounts.create({ metadata: at, secrets: [{}] } as never)
  const body = { apiVersion: 'v1', kind: 'ServiceAccount' }
  await assert.rejects(
    serviceAccounts.patch(at, { type: 'apply', body }, { fieldManager: 'm' }),
    refusal(500, /^failed to create typed live object .*omits all key fields \["name"\]/),
  )
})

test('a JSON patch of null is none', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create({ metadata: at } as never)
  await assert.rejects(
    configMaps.patch(at, { type: 'json', body: [null] as never }),
    refusal(400, /^error decoding patch/),
  )
})
