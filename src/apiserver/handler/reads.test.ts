import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Event, Pod } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const maps = '/api/v1/namespaces/a/configmaps'

/** Config maps `a`, `b` and `c`, of which `b` has changed; gives the revisions that the four writes got. */
async function written(api: HttpsApi): Promise<string[]> {
  const { configMaps } = api.client()
  const revisions: string[] = []
  for (const name of ['a', 'b', 'c']) {
    const metadata = { name, namespace: 'a', labels: { name } }
    const { metadata: made } = await configMaps.create({ metadata } as New<ConfigMap>)
    revisions.push(made.resourceVersion)
  }
  const changed = await configMaps.patch(
    { namespace: 'a', name: 'b' },
    { type: 'merge', body: { metadata: { labels: { name: 'b2' } } } },
  )
  return [...revisions, changed.metadata.resourceVersion]
}

const get = async (api: HttpsApi, path: string) => {
  const { status, text } = await api.send(Protocol.Http1, { path })
  return { status, body: JSON.parse(text) }
}

/** The names in a list, and a label that shows how old the objects are. */
const shown = ({ items }: { items: ConfigMap[] }): string =>
  items.map(({ metadata }) => `${metadata.name}:${metadata.labels?.name}`).join(' ')

interface Reading {
  readonly what: string
  /** The query; revisions of the writes are `{0}` … `{3}`. */
  readonly query: string
  readonly sees: string
}

const READINGS: readonly Reading[] = [
  { what: 'no revision asks for the newest state', query: '', sees: 'a:a b:b2 c:c' },
  { what: 'revision 0 takes any state', query: 'resourceVersion=0', sees: 'a:a b:b2 c:c' },
  { what: 'a revision asks for nothing older', query: 'resourceVersion={1}', sees: 'a:a b:b2 c:c' },
  {
    what: 'an exact revision shows the past',
    query: 'resourceVersion={1}&resourceVersionMatch=Exact',
    sees: 'a:a b:b',
  },
  {
    what: 'with a limit, a revision is exact by itself',
    query: 'resourceVersion={2}&limit=5',
    sees: 'a:a b:b c:c',
  },
  { what: 'a label selector picks', query: 'labelSelector=name in (a,b2)', sees: 'a:a b:b2' },
  { what: 'a field selector picks', query: 'fieldSelector=metadata.name!=a', sees: 'b:b2 c:c' },
]

for (const { what, query, sees } of READINGS) {
  test(`in a list, ${what}`, async () => {
    await using api = await startHttpsApi()
    const revisions = await written(api)
    const filled = query.replace(/\{(\d)\}/g, (_, index) => revisions[Number(index)] as string).replaceAll(' ', '%20')
    const { status, body } = await get(api, `${maps}?${filled}`)
    assert.deepEqual([status, shown(body)], [200, sees])
  })
}

interface Refused {
  readonly what: string
  readonly query: string
  readonly code: number
  readonly message: string
}

const invalidOptions = (why: string): string => `ListOptions.meta.k8s.io "" is invalid: ${why}`
const forbiddenMatch = (why: string): string => invalidOptions(`resourceVersionMatch: Forbidden: ${why}`)
const token = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString('base64url')
const badToken = (why: string): string => `invalid continue token: continue key is not valid${why}`
const badVersion = (text: string, why: string): string =>
  `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": ${why}`

const REFUSED: readonly Refused[] = [
  {
    what: 'a match without a revision',
    query: 'resourceVersionMatch=Exact',
    code: 422,
    message: forbiddenMatch('resourceVersionMatch is forbidden unless resourceVersion is provided'),
  },
  {
    what: 'exactly revision 0',
    query: 'resourceVersionMatch=Exact&resourceVersion=0',
    code: 422,
    message: forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
  },
  {
    what: 'a match while continuing',
    query: 'resourceVersionMatch=Exact&resourceVersion=1&continue=x',
    code: 422,
    message: forbiddenMatch('resourceVersionMatch is forbidden when continue is provided'),
  },
  {
    what: 'a match that there is not',
    query: 'resourceVersionMatch=exact&resourceVersion=1',
    code: 422,
    message: invalidOptions(
      'resourceVersionMatch: Unsupported value: "exact": supported values: "Exact", "NotOlderThan", ""',
    ),
  },
  {
    what: 'initial events',
    query: 'sendInitialEvents=true',
    code: 422,
    message: invalidOptions('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'),
  },
  {
    what: 'a revision that is none',
    query: 'resourceVersion=new',
    code: 400,
    message: `invalid resource version: ${badVersion('new', 'invalid syntax')}`,
  },
  {
    what: 'a revision beyond all',
    query: 'resourceVersion=18446744073709551616&resourceVersionMatch=Exact',
    code: 400,
    message: `invalid resource version: ${badVersion('18446744073709551616', 'value out of range')}`,
  },
  {
    what: 'a limit that is none',
    query: 'limit=many',
    code: 400,
    message: 'strconv.ParseInt: parsing "many": invalid syntax',
  },
  {
    what: 'a limit beyond all',
    query: 'limit=9223372036854775808',
    code: 400,
    message: 'strconv.ParseInt: parsing "9223372036854775808": value out of range',
  },
  {
    what: 'a selector that is none',
    query: 'labelSelector=%3D%3D',
    code: 400,
    message: "found '==', expected: !, identifier, or 'end of string'",
  },
  {
    what: 'a field that the kind does not offer',
    query: 'fieldSelector=data.k%3D1',
    code: 400,
    message: '"data.k" is not a known field selector: only "metadata.name", "metadata.namespace"',
  },
  {
    what: 'a continue token that is no base64',
    query: 'continue=x',
    code: 400,
    message: badToken(': illegal base64 data at input byte 0'),
  },
  {
    what: 'a continue token that is no JSON',
    query: `continue=${Buffer.from('nonsense').toString('base64url')}`,
    code: 400,
    message: badToken(": invalid character 'o' in literal null (expecting 'u')"),
  },
  {
    what: 'a continue token of another version',
    query: `continue=${token({ v: 'v2', rv: 1, start: 'a' })}`,
    code: 400,
    message: badToken(': server does not recognize this encoded version v2'),
  },
  {
    what: 'a continue token without a revision',
    query: `continue=${token({ v: 'meta.k8s.io/v1', start: 'a' })}`,
    code: 400,
    message: badToken(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)'),
  },
  {
    what: 'a continue token without a key',
    query: `continue=${token({ v: 'meta.k8s.io/v1', rv: 1 })}`,
    code: 400,
    message: badToken(': encoded start key empty (version meta.k8s.io/v1)'),
  },
  {
    what: 'a continue token that leads elsewhere',
    query: `continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '../../secrets/a' })}`,
    code: 400,
    message: badToken(': ../../secrets/a'),
  },
  {
    what: 'a continue token with a text for its revision',
    query: `continue=${token({ v: 'meta.k8s.io/v1', rv: '1', start: 'a' })}`,
    code: 400,
    message: badToken(': json: cannot unmarshal string into Go struct field continueToken.rv of type int64'),
  },
  {
    what: 'a continue token beside a revision',
    query: `continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a' })}&resourceVersion=1`,
    code: 400,
    message: 'specifying resource version is not allowed when using continue',
  },
]

for (const { what, query, code, message } of REFUSED) {
  test(`a list of ${what} is refused with ${code}`, async () => {
    await using api = await startHttpsApi()
    const { status, body } = await get(api, `${maps}?${query}`)
    assert.deepEqual([status, body.message], [code, message])
  })
}

test('pages continue from where the last ended, count what remains and show one moment', async () => {
  await using api = await startHttpsApi()
  await written(api)
  const first = await get(api, `${maps}?limit=2`)
  await api.client().configMaps.delete({ namespace: 'a', name: 'c' })
  const token = encodeURIComponent(first.body.metadata.continue)
  const second = await get(api, `${maps}?limit=2&continue=${token}`)
  assert.deepEqual(
    [first.body.metadata.remainingItemCount, shown(first.body), shown(second.body)],
    [1, 'a:a b:b2', 'c:c'],
  )
  assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
})

/** A server that has just started over the objects of another, so that its cache knows nothing of the past. */
async function restarted(first: HttpsApi): Promise<HttpsApi> {
  return startHttpsApi({ store: first.store })
}

test('pages and exact reads from before a start come from the store, until they are compacted away', async () => {
  await using first = await startHttpsApi()
  const revisions = await written(first)
  const page = await get(first, `${maps}?limit=1`)
  const next = `${maps}?limit=1&continue=${page.body.metadata.continue}`
  const exact = `${maps}?resourceVersion=${revisions[1]}&resourceVersionMatch=Exact`
  await first.client().configMaps.delete({ namespace: 'a', name: 'b' })
  await using api = await restarted(first)
  assert.deepEqual([shown((await get(api, next)).body), shown((await get(api, exact)).body)], ['b:b2', 'a:a b:b'])

  await first.store.compact(await first.store.revision())
  const expired = (await get(api, next)).body
  const tooOld = (await get(api, exact)).body
  assert.deepEqual([expired.code, expired.reason, tooOld.code, tooOld.reason], [410, 'Expired', 410, 'Expired'])
  assert.equal(tooOld.message, 'The resourceVersion for the provided list is too old.')
  assert.match(
    expired.message,
    /^The provided continue parameter is too old to display a consistent list result\. You can/,
  )
  const rest = await get(api, `${maps}?limit=5&continue=${expired.metadata.continue}`)
  assert.deepEqual([rest.status, shown(rest.body)], [200, 'c:c'])
})

test('a watch from before a start is told that it is too old', async () => {
  await using first = await startHttpsApi()
  const revisions = await written(first)
  await using api = await restarted(first)
  const [event = ''] = await eventsOf(api, `${maps}?watch=1&resourceVersion=${revisions[0]}`, 1)
  assert.match(event, new RegExp(`^ERROR too old resource version: ${revisions[0]} \\(\\d+\\)$`))
})

test('a list of a revision to come waits for it', async () => {
  await using api = await startHttpsApi()
  const revisions = await written(api)
  const coming = Number(revisions[3]) + 1
  const list = get(api, `${maps}?resourceVersion=${coming}&resourceVersionMatch=Exact`)
  await api.client().configMaps.delete({ namespace: 'a', name: 'a' })
  assert.equal(shown((await list).body), 'b:b2 c:c')
})

/** `count` events of a watch, as `TYPE name`. */
async function eventsOf(api: HttpsApi, path: string, count: number): Promise<string[]> {
  const stream = await api.open(Protocol.Http1, { path })
  const seen: string[] = []
  for await (const line of stream.lines) {
    const { type, object } = JSON.parse(line)
    seen.push(type === 'BOOKMARK' ? type : `${type} ${object.metadata?.name ?? object.message}`)
    if (seen.length === count) break
  }
  stream.cancel()
  return seen
}

interface Watching {
  readonly what: string
  readonly query: string
  readonly sees: readonly string[]
}

const INITIAL = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
const WATCHES: readonly Watching[] = [
  { what: 'without a revision begins with the state', query: '', sees: ['ADDED a', 'ADDED b', 'ADDED c'] },
  { what: 'from 0 begins with the state', query: 'resourceVersion=0', sees: ['ADDED a', 'ADDED b', 'ADDED c'] },
  {
    what: 'from 0 that takes bookmarks ends the state with one, as v1.34 does',
    query: 'resourceVersion=0&allowWatchBookmarks=1',
    sees: ['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK'],
  },
  { what: 'from a revision tells what came after', query: 'resourceVersion={1}', sees: ['ADDED c', 'MODIFIED b'] },
  {
    what: 'that asks for it ends the state with a bookmark',
    query: INITIAL,
    sees: ['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK'],
  },
  {
    what: 'with a selector says DELETED when an object leaves it',
    query: 'resourceVersion={0}&labelSelector=name=b',
    sees: ['ADDED b', 'DELETED b'],
  },
  {
    what: 'of one name hears of that alone',
    query: 'resourceVersion={0}&fieldSelector=metadata.name=b',
    sees: ['ADDED b', 'MODIFIED b'],
  },
]

for (const { what, query, sees } of WATCHES) {
  test(`a watch ${what}`, async () => {
    await using api = await startHttpsApi()
    const revisions = await written(api)
    const filled = query.replace(/\{(\d)\}/g, (_, index) => revisions[Number(index)] as string)
    assert.deepEqual(await eventsOf(api, `${maps}?watch=1&${filled}`, sees.length), sees)
  })
}

const WATCH_REFUSED: readonly Refused[] = [
  {
    what: 'that asks for initial events of no kind',
    query: 'sendInitialEvents=true',
    code: 422,
    message: forbiddenMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
  },
  {
    what: 'of a match without initial events',
    query: 'resourceVersionMatch=NotOlderThan&resourceVersion=0',
    code: 422,
    message: forbiddenMatch('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
  },
  {
    what: 'of a match that it cannot have',
    query: 'resourceVersionMatch=Exact&sendInitialEvents=false',
    code: 422,
    message: invalidOptions(
      '[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, ' +
        'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
    ),
  },
  {
    what: 'that continues a list',
    query: 'continue=x',
    code: 422,
    message: forbiddenMatch('resourceVersionMatch is forbidden when continue is provided'),
  },
  {
    what: 'from a revision that is none',
    query: 'resourceVersion=new',
    code: 500,
    message: badVersion('new', 'invalid syntax'),
  },
]

for (const { what, query, code, message } of WATCH_REFUSED) {
  test(`a watch ${what} is refused with ${code}`, async () => {
    await using api = await startHttpsApi()
    const { status, body } = await get(api, `${maps}?watch=1&${query}`)
    assert.deepEqual([status, body.message], [code, message])
  })
}

test('a get from a revision that is none is refused as upstream does, with 500', async () => {
  await using api = await startHttpsApi()
  const { status, body } = await get(api, `${maps}/a?resourceVersion=new`)
  assert.deepEqual([status, body.message], [500, badVersion('new', 'invalid syntax')])
})

interface Selecting {
  readonly path: string
  readonly selects: readonly string[]
  /** The words in which `spec.x` is refused, and metadata.namespace where it is. */
  readonly refusal: (field: string) => string
  readonly namespace?: false
}

const usual = (field: string): string => `field label not supported: ${field}`
const SELECTING: readonly Selecting[] = [
  {
    path: '/api/v1/pods',
    selects: ['spec.nodeName', 'spec.host', 'spec.hostNetwork', 'status.podIPs'],
    refusal: usual,
  },
  { path: '/api/v1/nodes', selects: ['spec.unschedulable'], refusal: usual, namespace: false },
  { path: '/api/v1/namespaces', selects: ['status.phase'], refusal: usual, namespace: false },
  { path: '/api/v1/replicationcontrollers', selects: ['status.replicas'], refusal: usual },
  { path: '/api/v1/secrets', selects: ['type'], refusal: usual },
  { path: '/api/v1/services', selects: ['spec.clusterIP', 'spec.type'], refusal: usual },
  { path: '/api/v1/events', selects: ['involvedObject.uid', 'reason', 'source', 'type'], refusal: usual },
  { path: '/apis/events.k8s.io/v1/events', selects: ['regarding.uid', 'reportingController'], refusal: usual },
  {
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    selects: ['spec.signerName'],
    refusal: usual,
    namespace: false,
  },
  {
    path: '/apis/resource.k8s.io/v1/resourceslices',
    selects: ['spec.nodeName', 'spec.driver'],
    refusal: (field) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
    namespace: false,
  },
  {
    path: '/apis/batch/v1/jobs',
    selects: ['status.successful'],
    refusal: (field) => `field label "${field}" not supported for batchv1.Job`,
  },
  ...['/api/v1/persistentvolumes', '/api/v1/persistentvolumeclaims', '/apis/apps/v1/replicasets'].map((path) => ({
    path,
    selects: [],
    refusal: (field: string) => `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  })),
]

for (const { path, selects, refusal, namespace } of SELECTING) {
  test(`${path} are selected by ${['metadata.name', ...selects].join(', ')}`, async () => {
    await using api = await startHttpsApi()
    const select = (field: string) => get(api, `${path}?fieldSelector=${field}%3Dx`)
    const known = ['metadata.name', ...selects, ...(namespace === false ? [] : ['metadata.namespace'])]
    for (const field of known) assert.equal((await select(field)).status, 200, field)
    for (const field of ['spec.x', 'name', ...(namespace === false ? ['metadata.namespace'] : [])]) {
      const { status, body } = await select(field)
      assert.deepEqual([status, body.message], [400, refusal(field)])
    }
  })
}

test('pages of the pods of a node are in the order of their names and come to an end', async () => {
  await using api = await startHttpsApi()
  const { pods } = api.client()
  for (const name of ['c', 'a', 'b']) {
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
    await pods.create({ metadata: { name, namespace: 'a' }, spec } as New<Pod>)
  }
  const path = '/api/v1/pods?fieldSelector=spec.nodeName%3Dn&limit=2'
  const first = (await get(api, path)).body
  const second = (await get(api, `${path}&continue=${first.metadata.continue}`)).body
  const names = ({ items }: { items: Pod[] }) => items.map(({ metadata }) => metadata.name)
  assert.deepEqual([names(first), names(second), second.metadata.continue], [['a', 'b'], ['c'], undefined])
})

test('a watch ends when its time is up', async () => {
  await using api = await startHttpsApi()
  const stream = await api.open(Protocol.Http2, { path: `${maps}?watch=1&timeoutSeconds=1` })
  for await (const line of stream.lines) assert.fail(line)
  await stream.closed
})

test('one object can be watched under its own path', async () => {
  await using api = await startHttpsApi()
  await written(api)
  assert.deepEqual(await eventsOf(api, '/api/v1/watch/namespaces/a/configmaps/b', 1), ['ADDED b'])
})

test('pods are picked by their node', async () => {
  await using api = await startHttpsApi()
  const { pods } = api.client()
  for (const [name, nodeName] of Object.entries({ p: 'n1', q: 'n2' })) {
    const spec = { nodeName, containers: [{ name: 'c', image: 'i' }] }
    await pods.create({ metadata: { name, namespace: 'a' }, spec } as New<Pod>)
  }
  const { body } = await get(api, '/api/v1/pods?fieldSelector=spec.nodeName%3Dn2')
  assert.deepEqual(
    body.items.map(({ metadata }: Pod) => metadata.name),
    ['q'],
  )
})

test('an events.k8s.io Event is checked by the rules of its own group', async () => {
  await using api = await startHttpsApi()
  const send = (path: string, event: object) =>
    api.send(Protocol.Http1, {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
  const subject = { kind: 'Pod', name: 'p', namespace: 'a' }
  const old = await send('/api/v1/namespaces/a/events', {
    metadata: { name: 'e' },
    involvedObject: subject,
    type: 'Odd',
  } satisfies Omit<Event, 'metadata'> & { metadata: { name: string } })
  const young = await send('/apis/events.k8s.io/v1/namespaces/a/events', {
    metadata: { name: 'f' },
    regarding: subject,
    type: 'Odd',
  })
  assert.deepEqual([old.status, young.status], [201, 422])
})
