import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtinResources } from '../../api/kinds/index.ts'
import { aggregatedDiscovery } from './aggregated.ts'
import { group, groupList, resourceList } from './classic.ts'
import { entityTag } from './entity-tag.ts'
import { compareVersions } from './order.ts'
import type { RemoteVersion } from './remote.ts'
import type { ShownResource } from './shown-resource.ts'
import { storageVersionHash } from './storage-version.ts'

const served = builtinResources().filter(({ version }) => /^v\d+$/.test(version))

interface Recording {
  steps: { do: string; expect: { body: { resources: Record<string, unknown>[] } } }[]
}

/** Served by v1.26 and gone since: the status of network policies was withdrawn in v1.28 (KEP-2943). */
const WITHDRAWN = new Set(['networkpolicies/status'])

for (const part of ['core', 'network', 'scaling', 'security']) {
  test(`the resources recorded in discovery-resources-${part} are served with the same facts`, () => {
    const file = new URL(`../../../test/golden/scenarios/discovery-resources-${part}.json`, import.meta.url)
    for (const { do: request, expect } of (JSON.parse(readFileSync(file, 'utf8')) as Recording).steps) {
      const [, name = '', version = ''] = /^GET \/apis?\/(?:([^/]+)\/)?(v\w+)$/.exec(request) ?? []
      const list = resourceList(served, { group: name, version })
      for (const { singularName: _, storageVersionHash: __, ...facts } of expect.body.resources) {
        if (WITHDRAWN.has(facts.name as string)) continue
        const found = list?.resources.find((entry) => entry.name === facts.name) ?? {}
        assert.deepEqual({ ...found, ...facts }, found, `${request}: ${facts.name}`)
      }
    }
  })
}

test('groups come in the order of their priorities, versions preferred first', () => {
  const names = groupList(builtinResources()).groups.map(({ name }) => name)
  assert.deepEqual(names.slice(0, 3), ['apiregistration.k8s.io', 'apps', 'events.k8s.io'])
  assert.deepEqual(names.slice(-3), ['internal.apiserver.k8s.io', 'resource.k8s.io', 'storagemigration.k8s.io'])
  assert.equal(group(served, 'autoscaling')?.preferredVersion?.version, 'v2')
  assert.equal(group(served, 'nosuch.example.com'), undefined)
})

test('versions are ordered as Kubernetes reads them', () => {
  const versions = ['foo', 'v1alpha1', 'v1', 'v10', 'v1beta1', 'v2', 'v1beta2', 'bar']
  assert.deepEqual(versions.sort(compareVersions), ['v10', 'v2', 'v1', 'v1beta2', 'v1beta1', 'v1alpha1', 'bar', 'foo'])
})

test('the storage version hash is the one that upstream serves', () => {
  assert.equal(storageVersionHash({ group: '', version: 'v1' }, 'Pod'), 'xPOwRZ+Yhw8=')
  const events = resourceList(served, { group: 'events.k8s.io', version: 'v1' })?.resources[0]
  assert.equal(events?.storageVersionHash, 'r2yiGXH7wu8=')
})

test('aggregated discovery has subresources within their resources', () => {
  const list = aggregatedDiscovery(served, { core: true })
  const pods = list.items[0]?.versions[0]?.resources.find(({ resource }) => resource === 'pods')
  assert.deepEqual(list.items[0]?.metadata, {})
  assert.deepEqual(
    pods?.subresources?.find(({ subresource }) => subresource === 'eviction'),
    {
      subresource: 'eviction',
      responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      verbs: ['create'],
    },
  )
})

test('an entity tag is quoted and follows the bytes', () => {
  assert.match(entityTag(Buffer.from('a')), /^"[0-9A-F]{128}"$/)
  assert.notEqual(entityTag(Buffer.from('a')), entityTag(Buffer.from('b')))
})

const widgets: ShownResource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  namespaced: true,
  verbs: ['create', 'delete', 'get', 'list', 'watch'],
  subresources: {},
  type: 'example.com.v1.Widget',
  storageVersion: 'v1alpha1',
}
const older: ShownResource = { ...widgets, version: 'v1alpha1' }

test('the storage version hash of a custom resource follows its definition, and is absent while that is not served', () => {
  const hash = (served: ShownResource[]) => resourceList(served, widgets)?.resources[0]?.storageVersionHash
  assert.equal(hash([widgets, older]), storageVersionHash({ group: 'example.com', version: 'v1alpha1' }, 'Widget'))
  assert.equal(hash([widgets]), undefined)
})

test('a custom resource whose definition is being deleted is not shown as writable', () => {
  const served = [{ ...widgets, isTerminating: true }]
  const verbs = ['delete', 'deletecollection', 'get', 'list', 'watch']
  assert.deepEqual(resourceList(served, widgets)?.resources[0]?.verbs, verbs)
  const { items } = aggregatedDiscovery(served, { core: false })
  assert.deepEqual(items[0]?.versions[0]?.resources[0]?.verbs, verbs)
})

test('what another server told last stays shown while it is away, as stale', () => {
  const remote: RemoteVersion = {
    group: 'wardle.example.com',
    version: 'v1',
    groupPriority: 2000,
    versionPriority: 10,
    available: false,
    resources: {
      groupVersion: 'wardle.example.com/v1',
      resources: [
        { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['list'] },
        { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
      ],
    },
  }
  const { items } = aggregatedDiscovery([widgets], { core: false, remote: [remote] })
  const kind = { group: 'wardle.example.com', version: 'v1', kind: 'Flunder' }
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['wardle.example.com', 'example.com'], // by the priority that its APIService asks for
  )
  assert.deepEqual(items[0]?.versions, [
    {
      version: 'v1',
      freshness: 'Stale',
      resources: [
        {
          resource: 'flunders',
          responseKind: kind,
          scope: 'Namespaced',
          singularResource: 'flunder',
          verbs: ['list'],
          subresources: [{ subresource: 'status', responseKind: kind, verbs: ['get'] }],
        },
      ],
    },
  ])
  assert.deepEqual(
    groupList([widgets], [{ ...remote, available: true }]).groups.map(({ name }) => name),
    ['wardle.example.com', 'example.com'],
  )
})
