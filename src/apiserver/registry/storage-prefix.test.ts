import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinResources } from '../../api/kinds/index.ts'
import { storagePrefix } from './storage-prefix.ts'

/** Upstream's paths that are not the plural (kubernetes test/integration/etcd, v1.36). */
const UNUSUAL: Readonly<Record<string, string>> = {
  apiservices: 'apiregistration.k8s.io/apiservices',
  customresourcedefinitions: 'apiextensions.k8s.io/customresourcedefinitions',
  endpoints: 'services/endpoints',
  ingresses: 'ingress',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  services: 'services/specs',
}

test('every built-in kind lies where upstream has it', () => {
  for (const { group, plural } of builtinResources()) {
    assert.equal(storagePrefix({ group, plural }), `/registry/${UNUSUAL[plural] ?? plural}/`)
  }
})

test('no two kinds share a place, but for the two groups of events', () => {
  const names = new Map<string, Set<string>>()
  for (const { group, plural } of builtinResources()) {
    const prefix = storagePrefix({ group, plural })
    names.set(prefix, (names.get(prefix) ?? new Set()).add(`${plural}.${group}`))
  }
  const shared = [...names].filter(([, kinds]) => kinds.size > 1).map(([prefix]) => prefix)
  assert.deepEqual(shared, ['/registry/events/'])
})
