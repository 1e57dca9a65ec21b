import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume } from '../../../api/types/core.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { nodePartRestriction } from './node-part-restriction.ts'

const part = { name: 'system:navarch:local-volumes', groups: ['system:navarch:node:a', 'system:authenticated'] }
const whole = { name: 'system:navarch:local-volumes', groups: ['system:authenticated'] }

function volume(host: string, provisioner = 'navarch.io/local-path'): PersistentVolume {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }]
  return {
    metadata: { name: 'v', annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } },
  } as unknown as PersistentVolume
}

const cases: [what: string, request: Parameters<typeof admissionRequest>, want: RegExp][] = [
  [
    'updates a volume of its node',
    ['UPDATE', 'persistentvolumes', { old: volume('a'), object: volume('a'), user: part }],
    /^admitted$/,
  ],
  ['deletes a volume of its node', ['DELETE', 'persistentvolumes', { old: volume('a'), user: part }], /^admitted$/],
  [
    'deletes a volume of another',
    ['DELETE', 'persistentvolumes', { old: volume('b'), user: part }],
    /403.*of that node/,
  ],
  ['moves a volume', ['UPDATE', 'persistentvolumes', { old: volume('b'), object: volume('a'), user: part }], /403/],
  ['deletes another kind of volume', ['DELETE', 'persistentvolumes', { old: volume('a', 'disk'), user: part }], /403/],
  ['of all nodes deletes any', ['DELETE', 'persistentvolumes', { old: volume('b'), user: whole }], /^admitted$/],
]
for (const [what, request, want] of cases) {
  test(`the part of a node that ${what}`, async () =>
    assert.match(await admit(nodePartRestriction, admissionRequest(...request)), want))
}
