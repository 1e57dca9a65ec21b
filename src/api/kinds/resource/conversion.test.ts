import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resourceClaimTemplateV1beta1, resourceClaimV1beta1, resourceSliceV1beta1 } from './conversion.ts'

const metadata = { name: 'a' } as never
const old = (spec: object) => ({ apiVersion: 'resource.k8s.io/v1beta1', kind: 'K', metadata, spec }) as never
const stored = (spec: object) => ({ apiVersion: 'resource.k8s.io/v1', kind: 'K', metadata, spec }) as never

const flat = { name: 'a', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 }
const { name, ...exactly } = flat
const alternatives = { name: 'b', firstAvailable: [{ name: 'x', deviceClassName: 'gpu' }] }
const oldClaim = { devices: { requests: [flat, alternatives], constraints: [] } }
const newClaim = { devices: { requests: [{ name, exactly }, alternatives], constraints: [] } }
const device = { name: 'd', attributes: { model: { string: 'x' } }, allNodes: true }
const { name: deviceName, ...basic } = device

const pairs: [kind: string, conversion: { from(o: never): unknown; to(o: never): unknown }, object, object][] = [
  ['a claim', resourceClaimV1beta1, oldClaim, newClaim],
  ['a template', resourceClaimTemplateV1beta1, { metadata: {}, spec: oldClaim }, { metadata: {}, spec: newClaim }],
  [
    'a slice',
    resourceSliceV1beta1,
    { driver: 'x', devices: [{ name: deviceName, basic }] },
    { driver: 'x', devices: [device] },
  ],
]

for (const [kind, { from, to }, before, after] of pairs) {
  test(`${kind} goes from v1beta1 to v1 and back without loss`, () => {
    assert.deepEqual(from(old(before)), stored(after))
    assert.deepEqual(to(stored(after)), old(before))
  })
}
