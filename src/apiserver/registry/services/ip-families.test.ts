import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IpFamily } from '../../../api/addresses/ip-address.ts'
import type { Service, ServiceSpec } from '../../../api/types/core.v1.ts'
import { editable } from '../../../base/deep-readonly.ts'
import { initFamilies } from './ip-families.ts'

const single: IpFamily[] = ['IPv4']
const dual: IpFamily[] = ['IPv4', 'IPv6']
const selector = { app: 'x' }

const service = (spec: ServiceSpec): Service =>
  ({ metadata: { name: 's', namespace: 'a' }, spec: { type: 'ClusterIP', selector, ...spec }, status: {} }) as Service

const created: [what: string, families: IpFamily[], spec: ServiceSpec, wants: unknown[] | RegExp][] = [
  ['nothing', single, {}, ['SingleStack', ['IPv4']]],
  ['nothing, in a dual-stack cluster', dual, {}, ['SingleStack', ['IPv4']]],
  ['the other family', dual, { ipFamilies: ['IPv6'] }, ['SingleStack', ['IPv6']]],
  ['a preference', single, { ipFamilyPolicy: 'PreferDualStack' }, ['PreferDualStack', ['IPv4']]],
  ['a preference that can be met', dual, { ipFamilyPolicy: 'PreferDualStack' }, ['PreferDualStack', ['IPv4', 'IPv6']]],
  [
    'both, the other first',
    dual,
    { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
    ['RequireDualStack', ['IPv6', 'IPv4']],
  ],
  [
    'both by address',
    dual,
    { ipFamilyPolicy: 'PreferDualStack', clusterIP: 'fd00::9', clusterIPs: ['fd00::9', '10.0.0.9'] },
    ['PreferDualStack', ['IPv6', 'IPv4']],
  ],
  [
    'none, without a selector',
    single,
    { clusterIP: 'None', clusterIPs: ['None'], selector: {} },
    ['RequireDualStack', ['IPv4', 'IPv6']],
  ],
  ['none, with a selector', dual, { clusterIP: 'None', clusterIPs: ['None'] }, ['SingleStack', ['IPv4']]],
  [
    'both where there is one',
    single,
    { ipFamilyPolicy: 'RequireDualStack' },
    /spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services/,
  ],
  [
    'a family that there is not',
    single,
    { ipFamilies: ['IPv6'] },
    /spec.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster/,
  ],
  [
    'an address of such a family',
    single,
    { clusterIP: 'fd00::9', clusterIPs: ['fd00::9'] },
    /spec.clusterIPs\[0\]: Invalid value: \["fd00::9"\]: IPv6 is not configured on this cluster/,
  ],
  [
    'two families and one stack',
    dual,
    { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
    /must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified/,
  ],
  [
    'two addresses and one stack',
    dual,
    { clusterIP: '10.0.0.9', clusterIPs: ['10.0.0.9', 'fd00::9'] },
    /must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified/,
  ],
]

for (const [what, families, spec, wants] of created) {
  test(`a new Service that asks for ${what}`, () => {
    const made = service(spec)
    if (wants instanceof RegExp) assert.throws(() => initFamilies(made, undefined, families), wants)
    else {
      initFamilies(made, undefined, families)
      assert.deepEqual([made.spec.ipFamilyPolicy, made.spec.ipFamilies], wants)
    }
  })
}

const onBoth = service({
  ipFamilyPolicy: 'RequireDualStack',
  ipFamilies: ['IPv4', 'IPv6'],
  clusterIP: '10.0.0.9',
  clusterIPs: ['10.0.0.9', 'fd00::9'],
})

function changed(old: Service, change: (spec: ServiceSpec) => void): ServiceSpec {
  const next = editable<Service>(old)
  change(next.spec)
  initFamilies(next, old, dual)
  return next.spec
}

test('one stack is clear intent: the second address and family go', () => {
  const spec = changed(onBoth, (next) => {
    next.ipFamilyPolicy = 'SingleStack'
  })
  assert.deepEqual([spec.ipFamilies, spec.clusterIPs], [['IPv4'], ['10.0.0.9']])
})

test('taking the second address away needs the policy to say so', () => {
  const reduce = () =>
    changed(onBoth, (next) => {
      next.clusterIPs = ['10.0.0.9']
    })
  assert.throws(
    reduce,
    /spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be 'SingleStack' to release the secondary cluster IP/,
  )
})

test('a Service that prefers two families keeps what it has', () => {
  const old = service({
    ipFamilyPolicy: 'PreferDualStack',
    ipFamilies: ['IPv4'],
    clusterIP: '10.0.0.9',
    clusterIPs: ['10.0.0.9'],
  })
  assert.deepEqual(changed(old, () => {}).ipFamilies, ['IPv4'])
  const upgraded = changed(old, (next) => {
    next.ipFamilyPolicy = 'RequireDualStack'
  })
  assert.deepEqual(upgraded.ipFamilies, ['IPv4', 'IPv6'])
})

test('a refusal of a Service without a name has an empty one', () => {
  const nameless = { ...service({ ipFamilyPolicy: 'RequireDualStack' }), metadata: { namespace: 'a' } } as Service
  assert.throws(() => initFamilies(nameless, undefined, single), /^StatusError: Service "" is invalid: /)
})
