import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../base/deep-readonly.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

const POD_SPEC = 'io.k8s.api.core.v1.PodSpec'
const DEPLOYMENT_SPEC = 'io.k8s.api.apps.v1.DeploymentSpec'
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

const c = {
  name: 'c',
  image: '1',
  env: [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
    { name: 'C', value: '3' },
  ],
}
const spec = { containers: [c, { name: 'd' }], nodeSelector: { a: 'b' } }
const env = (...names: string[]) => names.map((name) => ({ name }))

const cases: [what: string, type: string, doc: unknown, patch: unknown, result: unknown][] = [
  [
    'merges lists by their key',
    POD_SPEC,
    spec,
    { containers: [{ name: 'd', image: '2' }] },
    { ...spec, containers: [c, { name: 'd', image: '2' }] },
  ],
  [
    'puts new elements first',
    POD_SPEC,
    spec,
    { containers: [{ name: 'e' }] },
    { ...spec, containers: [{ name: 'e' }, c, { name: 'd' }] },
  ],
  [
    'deletes elements',
    POD_SPEC,
    spec,
    { containers: [{ name: 'c', $patch: 'delete' }] },
    { ...spec, containers: [{ name: 'd' }] },
  ],
  [
    'replaces lists',
    POD_SPEC,
    spec,
    { containers: [{ $patch: 'replace' }, { name: 'r' }] },
    { ...spec, containers: [{ name: 'r' }] },
  ],
  [
    'replaces maps',
    POD_SPEC,
    spec,
    { nodeSelector: { $patch: 'replace', x: 'y' } },
    { ...spec, nodeSelector: { x: 'y' } },
  ],
  ['empties maps', POD_SPEC, spec, { nodeSelector: { $patch: 'delete' } }, { ...spec, nodeSelector: {} }],
  ['drops null', POD_SPEC, spec, { nodeSelector: { a: null, b: null }, affinity: null }, { ...spec, nodeSelector: {} }],
  [
    'orders elements',
    POD_SPEC,
    { containers: [c] },
    { containers: [{ name: 'c', '$setElementOrder/env': env('C', 'A', 'B'), env: [{ name: 'B', value: '22' }] }] },
    {
      containers: [
        {
          ...c,
          env: [
            { name: 'C', value: '3' },
            { name: 'A', value: '1' },
            { name: 'B', value: '22' },
          ],
        },
      ],
    },
  ],
  [
    'orders new elements',
    POD_SPEC,
    { containers: [{ name: 'c' }] },
    { '$setElementOrder/containers': env('n', 'c'), containers: [{ name: 'n' }] },
    { containers: [{ name: 'n' }, { name: 'c' }] },
  ],
  [
    'retains only the keys listed',
    DEPLOYMENT_SPEC,
    { strategy: { type: 'RollingUpdate', rollingUpdate: {} } },
    { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    { strategy: { type: 'Recreate' } },
  ],
  [
    'merges lists of scalars as sets',
    META,
    { finalizers: ['a', 'b'] },
    { finalizers: ['c', 'a'] },
    { finalizers: ['c', 'a', 'b'] },
  ],
  [
    'deletes from lists of scalars',
    META,
    { finalizers: ['a', 'b'] },
    { '$deleteFromPrimitiveList/finalizers': ['a'] },
    { finalizers: ['b'] },
  ],
  [
    'orders lists of scalars',
    META,
    { finalizers: ['x', 'b'] },
    { '$setElementOrder/finalizers': ['c', 'b'], finalizers: ['c'] },
    { finalizers: ['c', 'x', 'b'] },
  ],
  [
    'takes new values without nulls and directives',
    POD_SPEC,
    {},
    { nodeSelector: { a: null, b: 'c' }, affinity: { $patch: 'replace' } },
    { nodeSelector: { b: 'c' } },
  ],
  [
    'replaces atomic lists',
    POD_SPEC,
    { tolerations: [{ key: 'a' }] },
    { tolerations: [{ key: 'b' }] },
    { tolerations: [{ key: 'b' }] },
  ],
]

for (const [what, type, doc, patch, result] of cases) {
  test(`a strategic merge patch ${what}`, () => {
    assert.deepEqual(applyStrategicMergePatch(type, deepFreeze(doc), deepFreeze(patch)), result)
  })
}

const refused: [what: string, patch: unknown, code: number, message: string][] = [
  ['an unknown directive', { nodeSelector: { $patch: 'odd' } }, 500, 'unknown patch type: odd in map: map[$patch:odd]'],
  [
    'an element without its key',
    { containers: [{ image: 'x' }] },
    500,
    'map: map[image:x] does not contain declared merge key: name',
  ],
  [
    'keys beside those retained',
    { nodeSelector: { $retainKeys: ['a'], b: 'c' } },
    400,
    'invalid patch format of retainKeys',
  ],
  [
    'no object',
    [],
    400,
    'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
]

for (const [what, patch, code, message] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(() => applyStrategicMergePatch(POD_SPEC, spec, patch), { code, message })
  })
}
