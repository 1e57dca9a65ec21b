import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation.ts'

const rule = (resource: string) => ({ verbs: ['get'], apiGroups: [''], resources: [resource] })
const role = (name: string, labels: Record<string, string>, ...rules: ReturnType<typeof rule>[]) => ({
  metadata: { name, labels },
  rules,
})
const aggregated = (name: string, selects: Record<string, string>, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: selects }] },
})

test('an aggregated role follows the roles that it selects, through other aggregated ones too', async (t) => {
  const bench = controllerBench(t, clusterRoleAggregationController)
  const rulesOf = (name: string) => bench.all('clusterRoles').find(({ metadata }) => metadata.name === name)?.rules
  bench.put('clusterRoles', aggregated('admin', { to: 'admin' }), aggregated('edit', { to: 'edit' }, { to: 'admin' }))
  bench.put('clusterRoles', role('pods', { to: 'edit' }, rule('pods')), role('else', {}, rule('secrets')))
  await bench.rest()
  assert.deepEqual([rulesOf('edit'), rulesOf('admin')], [[rule('pods')], [rule('pods')]])
  bench.put('clusterRoles', role('pods', { to: 'edit' }, rule('pods'), rule('services')))
  await bench.rest()
  assert.deepEqual(rulesOf('admin'), [rule('pods'), rule('services')])
  await bench.client.clusterRoles.delete({ name: 'pods' })
  await bench.rest()
  assert.deepEqual([rulesOf('edit'), rulesOf('admin')], [[], []])
})

test('what somebody wrote into an aggregated role is taken out; what is right is not written', async (t) => {
  const bench = controllerBench(t, clusterRoleAggregationController)
  bench.put('clusterRoles', { ...aggregated('edit', { to: 'edit' }), rules: [rule('secrets')] })
  await bench.rest()
  assert.deepEqual(bench.all('clusterRoles')[0]?.rules, [])
  assert.deepEqual(bench.api.takeWrites(), ['update clusterroles.rbac.authorization.k8s.io edit'])
})
