import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowSchema, PriorityLevelConfiguration } from '../../types/flowcontrol.v1.ts'
import { flowSchemas } from './flow-schema.ts'
import { priorityLevelConfigurations } from './priority-level-configuration.ts'

const texts = (errors: readonly { field: string; message: string }[] | undefined): string[] =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`)

const schema = (spec: object, name = 'f') =>
  texts(
    flowSchemas.rules.validate?.({
      metadata: { name },
      spec: { matchingPrecedence: 5, priorityLevelConfiguration: { name: 'l' }, ...spec },
    } as FlowSchema),
  )
const level = (spec: object, name = 'l') =>
  texts(priorityLevelConfigurations.rules.validate?.({ metadata: { name }, spec } as PriorityLevelConfiguration))
const subjects = [{ kind: 'Group', group: { name: 'g' } }]
const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true }
const AT = 'spec.rules[0]'

const schemas: [spec: object, want: string[]][] = [
  [{ rules: [{ subjects, resourceRules: [everything] }] }, []],
  [
    { distinguisherMethod: { type: 'Odd' } },
    ['spec.distinguisherMethod.type: Unsupported value: {"type":"Odd"}: supported values: "ByNamespace", "ByUser"'],
  ],
  [
    { rules: [{ subjects, resourceRules: [{ verbs: ['get', '*'], apiGroups: [], resources: ['*', 'a'] }] }] },
    [
      `${AT}.resourceRules[0].verbs: Invalid value: ["get","*"]: if '*' is present, must not specify other verbs`,
      `${AT}.resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group`,
      `${AT}.resourceRules[0].resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources`,
      `${AT}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
    ],
  ],
  [
    { rules: [{ subjects, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['a', '/a*b', '/b/*', '/a//b'] }] }] },
    [
      `${AT}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash`,
      `${AT}.nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*b": wildcard can only do suffix matching`,
      `${AT}.nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a//b": must not contain double slash`,
    ],
  ],
  [
    {
      rules: [
        {
          subjects: [
            { kind: 'ServiceAccount', serviceAccount: { name: '', namespace: '' } },
            { kind: 'User', user: { name: '' }, serviceAccount: { name: '*', namespace: 'a' } },
          ],
          resourceRules: [everything],
        },
      ],
    },
    [
      `${AT}.subjects[0].serviceAccount.name: Required value`,
      `${AT}.subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account`,
      `${AT}.subjects[1].user.name: Required value`,
      `${AT}.subjects[1].serviceAccount: Forbidden: serviceAccount is forbidden when subject kind is not 'ServiceAccount'`,
    ],
  ],
]
for (const [spec, want] of schemas) {
  test(`a flow schema with ${JSON.stringify(spec).slice(0, 60)} has ${want.length} faults`, () => {
    assert.deepEqual(schema(spec), want)
  })
}

const queue = (queuing: object) => ({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } })
const HAND = 'spec.limited.limitResponse.queuing.handSize'
const levels: [spec: object, want: string[]][] = [
  [queue({ queues: 64, handSize: 8, queueLengthLimit: 50 }), []],
  [
    queue({ queues: 10_000, handSize: 5, queueLengthLimit: 50 }),
    [`${HAND}: Invalid value: 5: required entropy bits of deckSize 10000 and handSize 5 should not be greater than 60`],
  ],
  [{ type: 'Exempt' }, [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`]],
  [
    { type: 'Limited', limited: { borrowingLimitPercent: -1, limitResponse: { type: 'Reject' } } },
    ['spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer'],
  ],
]
for (const [spec, want] of levels) {
  test(`a priority level with ${JSON.stringify(spec).slice(0, 60)} has ${want.length} faults`, () => {
    assert.deepEqual(level(spec), want)
  })
}

test('conditions of a status have a type, and each another', () => {
  const status = { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }, {}] }
  const object = { metadata: { name: 'f' }, spec: {}, status } as never
  const errors = flowSchemas.rules.validateUpdate?.(object, { old: object, subresource: 'status' })
  assert.deepEqual(texts(errors), [
    'status.conditions[1].type: Duplicate value: "Dangling"',
    'status.conditions[2].type: Required value: must not be empty',
  ])
})

const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }
const rulesFor = (...groups: string[]) => [
  {
    subjects: groups.map((name) => ({ kind: 'Group', group: { name } })),
    resourceRules: [all],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  },
]
const exempt = {
  matchingPrecedence: 1,
  priorityLevelConfiguration: { name: 'exempt' },
  rules: rulesFor('system:masters'),
}
const catchAll = {
  matchingPrecedence: 10_000,
  priorityLevelConfiguration: { name: 'catch-all' },
  distinguisherMethod: { type: 'ByUser' },
  rules: rulesFor('system:unauthenticated', 'system:authenticated'),
}

test('the mandatory flow schemas are as every cluster has them', () => {
  assert.deepEqual([schema(exempt, 'exempt'), schema(catchAll, 'catch-all')], [[], []])
})

test('a mandatory flow schema with other rules is refused', () => {
  const value =
    '{"PriorityLevelConfiguration":{"Name":"exempt"},"MatchingPrecedence":1,"DistinguisherMethod":null,"Rules":[' +
    '{"Subjects":[{"Kind":"Group","User":null,"Group":{"Name":"mine"},"ServiceAccount":null}],"ResourceRules":[' +
    '{"Verbs":["*"],"APIGroups":["*"],"Resources":["*"],"ClusterScope":true,"Namespaces":["*"]}],' +
    '"NonResourceRules":[{"Verbs":["*"],"NonResourceURLs":["*"]}]}]}'
  assert.deepEqual(schema({ ...exempt, rules: rulesFor('mine') }, 'exempt'), [
    `spec: Invalid value: ${value}: spec of 'exempt' must equal the fixed value`,
  ])
})

test('of the mandatory priority levels only what exempt lends may be changed', () => {
  const lending = { type: 'Exempt', exempt: { nominalConcurrencyShares: 7, lendablePercent: 10 } }
  const reject = { limitResponse: { type: 'Reject' }, lendablePercent: 0 }
  const limited = (shares: number) => ({ type: 'Limited', limited: { nominalConcurrencyShares: shares, ...reject } })
  const shown =
    '{"Type":"Limited","Limited":{"NominalConcurrencyShares":6,"LimitResponse":{"Type":"Reject","Queuing":null},' +
    '"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}'
  assert.deepEqual([level(lending, 'exempt'), level(limited(5), 'catch-all')], [[], []])
  assert.deepEqual(level(limited(6), 'catch-all'), [
    `spec: Invalid value: ${shown}: spec of 'catch-all' must equal the fixed value`,
  ])
  assert.deepEqual(level(limited(6), 'exempt'), [
    `spec.type: Invalid value: "Limited": type must be 'Exempt' if and only if name is 'exempt'`,
    `spec: Invalid value: ${shown}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value`,
  ])
})
