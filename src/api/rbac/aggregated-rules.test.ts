import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyRule } from '../types/rbac.v1.ts'
import { aggregatedRules } from './aggregated-rules.ts'

test('aggregation takes each rule of each selected role once, roles by name', () => {
  const rule = (resource: string): PolicyRule => ({ verbs: ['get'], apiGroups: [''], resources: [resource] })
  const role = (name: string, labels: Record<string, string>, ...rules: PolicyRule[]) => ({
    metadata: { name, labels },
    rules,
  })
  const target = { metadata: { name: 'agg' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }
  const all = [
    role('z', { a: 'b' }, rule('zs'), rule('xs')),
    role('x', { a: 'b' }, rule('xs')),
    role('other', {}, rule('secrets')),
    { ...role('agg', { a: 'b' }, rule('own')), ...target },
  ]
  assert.deepEqual(aggregatedRules(target, all), [rule('xs'), rule('zs')])
})
