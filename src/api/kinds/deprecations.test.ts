import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deprecationOf } from './deprecations.ts'
import { builtinResources } from './index.ts'

const TEXTS: readonly (readonly [group: string, version: string, kind: string, text: string | undefined])[] = [
  ['', 'v1', 'Endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
  ['', 'v1', 'ComponentStatus', 'v1 ComponentStatus is deprecated in v1.19+'],
  [
    'storage.k8s.io',
    'v1beta1',
    'VolumeAttributesClass',
    'storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+, unavailable in v1.37+; use storage.k8s.io/v1 VolumeAttributesClass',
  ],
  ['', 'v1', 'Pod', undefined],
]

for (const [group, version, kind, text] of TEXTS) {
  test(`${group}/${version} ${kind} is ${text === undefined ? 'not deprecated' : 'deprecated in upstream’s words'}`, () => {
    assert.equal(deprecationOf({ group, version, kind }), text)
  })
}

test('only resources that are served are deprecated, and their definitions say so', () => {
  const warned = builtinResources().filter(({ deprecationWarning }) => deprecationWarning !== undefined)
  assert.equal(warned.length, 19)
})
