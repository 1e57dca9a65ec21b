import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KindRules } from '../../resource.ts'
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from './validating-admission-policy.ts'
import { validatingWebhookConfigurations } from './validating-webhook-configuration.ts'

function texts<T>({ default: fill, validate }: KindRules<T>, object: object): string[] {
  const copy = structuredClone(object) as T
  fill?.(copy)
  return (validate?.(copy as never) ?? []).map(({ field, message }) => `${field}: ${message}`)
}

const operations = ['CREATE']
const rule = (resources: string[], rest: object = {}) => ({
  ...{ operations, apiGroups: [''], apiVersions: ['v1'], resources },
  ...rest,
})
const hook = (rest: object) => ({
  metadata: { name: 'w' },
  webhooks: [
    {
      name: 'a.example.com',
      clientConfig: { url: 'https://a.example.com/' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...rest,
    },
  ],
})
const service = (path: string) => ({ clientConfig: { service: { name: 's', namespace: 'n', path } } })

const hooks: [rest: object, want: string[]][] = [
  [{}, []],
  [
    { rules: [rule(['pods/*', 'pods/log', '*/log', 'nodes/log', '*', 'pods'])] },
    [
      `rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
      `rules[0].resources[3]: Invalid value: "nodes/log": if '*/log' is present, must not specify nodes/log`,
      `rules[0].resources: Invalid value: ["pods/*","pods/log","*/log","nodes/log","*","pods"]: if '*' is present, must not specify other resources without subresources`,
    ],
  ],
  [
    { admissionReviewVersions: ['V1', 'v1', 'v1'] },
    [
      `admissionReviewVersions[0]: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      'admissionReviewVersions[2]: Invalid value: "v1": duplicate version',
    ],
  ],
  [
    { matchConditions: [{ name: 'a', expression: ' ' }, { name: 'a', expression: 'true' }, { expression: 'true' }] },
    [
      'matchConditions[0].expression: Required value',
      'matchConditions[1].name: Duplicate value: "a"',
      'matchConditions[2].name: Required value',
    ],
  ],
  [
    { clientConfig: { url: 'a.example.com' } },
    [
      `clientConfig.url: Invalid value: "": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
    ],
  ],
  [service('/a//b'), ['clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty']],
  [
    { clientConfig: { service: { port: 0 } } },
    [
      'clientConfig.service.name: Required value: service name is required',
      'clientConfig.service.namespace: Required value: service namespace is required',
      'clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    ],
  ],
]
for (const [rest, want] of hooks) {
  test(`a webhook with ${JSON.stringify(rest).slice(0, 60)} has ${want.length} faults`, () => {
    const paths = want.map((text) => `webhooks[0].${text}`)
    assert.deepEqual(texts(validatingWebhookConfigurations.rules, hook(rest)), paths)
  })
}

const policy = (spec: object) => ({
  metadata: { name: 'p' },
  spec: { matchConstraints: { resourceRules: [rule(['pods'])] }, validations: [{ expression: 'true' }], ...spec },
})
const EMPTY = 'Required value: validations or auditAnnotations must contain at least one item'
const policies: [spec: object, want: string[]][] = [
  [{}, []],
  [{ validations: [] }, [`validations: ${EMPTY}`, `auditAnnotations: ${EMPTY}`]],
  [
    { validations: [{ expression: '', message: 'a\nb', messageExpression: ' ', reason: 'Odd' }] },
    [
      'validations[0].expression: Required value: expression is not specified',
      'validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
      'validations[0].reason: Unsupported value: "Odd": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  ],
  [
    { variables: [{ name: 'a-b', expression: '1' }, { name: 'in', expression: '' }, { expression: '1' }] },
    [
      'variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
      'variables[1].name: Invalid value: "in": name is not a valid CEL identifier',
      'variables[1].expression: Required value: expression is not specified',
      'variables[2].name: Required value: name is not specified',
    ],
  ],
  [
    { paramKind: { apiVersion: 'a/b/c', kind: '' } },
    [
      'paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      'paramKind.kind: Required value',
    ],
  ],
  [
    {
      auditAnnotations: [
        { key: 'a', valueExpression: '' },
        { key: 'a', valueExpression: '1' },
      ],
    },
    [
      'auditAnnotations[0].valueExpression: Required value: valueExpression is not specified',
      'auditAnnotations[1].key: Duplicate value: "a"',
    ],
  ],
  [
    { matchConstraints: { resourceRules: [rule(['pods'], { resourceNames: ['a', 'a', 'b/c'] })] } },
    [
      'matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
      `matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "b/c": may not contain '/'`,
    ],
  ],
]
for (const [spec, want] of policies) {
  test(`a policy with ${JSON.stringify(spec).slice(0, 60)} has ${want.length} faults`, () => {
    const paths = want.map((text) => `spec.${text}`)
    assert.deepEqual(texts(validatingAdmissionPolicies.rules, policy(spec)), paths)
  })
}

test('a binding names its parameters or selects them', () => {
  const spec = { policyName: 'p', validationActions: ['Deny'], paramRef: { name: 'a', selector: {} } }
  assert.deepEqual(texts(validatingAdmissionPolicyBindings.rules, { metadata: { name: 'b' }, spec }), [
    'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
    'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
  ])
})
