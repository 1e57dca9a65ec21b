import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRules } from './rule-compiler.ts'
import type { Budget } from './rules.ts'
import type { Rule, Schema } from './schema.ts'

const text: Schema = { type: 'string' }
const integer: Schema = { type: 'integer' }
const object = (properties: Record<string, Schema>, more: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
})
const list = (items: Schema, more: Partial<Schema> = {}): Schema => ({ type: 'array', items, ...more })

interface Case {
  readonly schema: Schema
  readonly rule: string | Partial<Rule>
  readonly self: unknown
  readonly old?: unknown
  readonly isRoot?: boolean
  readonly budget?: Budget
}

function compiled({ schema, rule, isRoot = false }: Pick<Case, 'schema' | 'rule' | 'isRoot'>) {
  const whole = (typeof rule === 'string' ? { rule } : rule) as Rule
  const [only] = compileRules(schema, [whole], { isRoot }).rules
  if (!only) throw new Error('no rule')
  return only
}

/** `field: message`, or what else there is to tell; `holds` where the rule does. */
function outcome(one: Case): string {
  const { self, old, budget = { remaining: 10_000_000 } } = one
  const rule = compiled(one)
  if (rule.error) return `${rule.error.kind}: ${rule.error.detail}`
  const error = rule.evaluate({ self, oldSelf: old, hasOldSelf: old !== undefined, path: 'spec', budget })
  return error ? `${error.field}: ${error.message}` : 'holds'
}

const SIZES = object({ min: integer, max: integer, name: text, ratio: { type: 'number' } })
const FAILED = 'spec: Invalid value: "object": failed rule: '

const VALUES: readonly (readonly [name: string, one: Case, outcome: string])[] = [
  ['a rule that holds', { schema: SIZES, rule: 'self.min <= self.max', self: { min: 1, max: 2 } }, 'holds'],
  [
    'a rule that does not',
    { schema: SIZES, rule: 'self.min <= self.max', self: { min: 3, max: 2 } },
    `${FAILED}self.min <= self.max`,
  ],
  [
    'a message',
    { schema: SIZES, rule: { rule: 'false', message: ' too bad ' }, self: {} },
    'spec: Invalid value: "object": too bad',
  ],
  [
    'a missing member',
    { schema: SIZES, rule: 'self.min > 0', self: {} },
    'spec: Invalid value: "object": no such key: min evaluating rule: self.min > 0',
  ],
  ['a member that is null', { schema: SIZES, rule: 'has(self.min)', self: { min: null } }, `${FAILED}has(self.min)`],
  [
    'a whole number where fractions are allowed',
    { schema: SIZES, rule: 'self.ratio == 2.0 && self.ratio > 1', self: { ratio: 2 } },
    'holds',
  ],
  ['a large integer', { schema: SIZES, rule: 'self.min == 9007199254740992', self: { min: 2 ** 53 } }, 'holds'],
  [
    'names that CEL has not',
    {
      schema: object({ 'a-b.c/d': integer, in: integer, x__y: integer, namespace: text }),
      rule: "self.a__dash__b__dot__c__slash__d == 1 && self.__in__ == 2 && self.x__underscores__y == 3 && self.namespace == 'n'",
      self: { 'a-b.c/d': 1, in: 2, x__y: 3, namespace: 'n' },
    },
    'holds',
  ],
  [
    'an integer or a text',
    {
      schema: object({ port: { 'x-kubernetes-int-or-string': true } }),
      rule: "type(self.port) == string ? self.port == 'http' : self.port < 10",
      self: { port: 5 },
    },
    'holds',
  ],
  [
    'an integer or a text of the wrong type',
    {
      schema: object({ port: { 'x-kubernetes-int-or-string': true } }),
      rule: 'self.port < 10',
      self: { port: 'http' },
    },
    `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.port < 10`,
  ],
  [
    'formats',
    {
      schema: object({
        at: { ...text, format: 'date-time' },
        on: { ...text, format: 'date' },
        for: { ...text, format: 'duration' },
        data: { ...text, format: 'byte' },
      }),
      rule: "self.at.getHours() == 5 && self.on.getDate() == 2 && self.__for__ == duration('90m') && self.data == b'hi'",
      self: { at: '2024-01-02T05:00:00Z', on: '2024-01-02', for: '1h30m', data: 'aGk=' },
    },
    'holds',
  ],
  [
    'a duration in words',
    {
      schema: object({ for: { ...text, format: 'duration' } }),
      rule: "self.__for__ == duration('36h')",
      self: { for: '1 day 12 hours' },
    },
    'holds',
  ],
  [
    'a map',
    {
      schema: { type: 'object', additionalProperties: integer },
      rule: "self.all(k, self[k] < 10) && 'a' in self && self.b == 2 && self.size() == 2",
      self: { a: 1, b: 2 },
    },
    'holds',
  ],
  [
    'a list',
    {
      schema: list(text),
      rule: "self.all(x, x.startsWith('a')) && self == ['a', 'ab'] && self + ['c'] == ['a', 'ab', 'c']",
      self: ['a', 'ab'],
    },
    'holds',
  ],
  [
    'a set',
    {
      schema: list(text, { 'x-kubernetes-list-type': 'set' }),
      rule: "self == ['b', 'a'] && (self + ['a', 'c']).size() == 3",
      self: ['a', 'b'],
    },
    'holds',
  ],
  [
    'a list by key',
    {
      schema: list(object({ k: text, v: integer }), {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      }),
      rule: '(self + [self[1]]).size() == 2 && self == [self[1], self[0]] && self != [self[0], self[0]]',
      self: [
        { k: 'a', v: 1 },
        { k: 'b', v: 2 },
      ],
    },
    'holds',
  ],
  [
    'members of which nothing is known',
    {
      schema: list(object({}, { 'x-kubernetes-preserve-unknown-fields': true })),
      rule: 'self[0] == self[1] && self[0] != self[2]',
      self: [{ a: 1 }, { a: 1 }, { a: 2 }],
    },
    'holds',
  ],
  [
    'what may be null',
    { schema: list({ ...text, nullable: true }), rule: 'self.exists(x, x == null)', self: ['a', null] },
    `refused`,
  ],
  [
    'a null that may not be',
    { schema: list(text), rule: "self[0] == 'a'", self: [null] },
    `spec: Invalid value: "array": invalid data, got null for schema with nullable=false evaluating rule: self[0] == 'a'`,
  ],
  [
    'version, kind and name of a resource',
    {
      schema: object({}),
      rule: "self.kind == 'K' && self.apiVersion == 'v1' && self.metadata.name == 'n'",
      self: { kind: 'K', apiVersion: 'v1', metadata: { name: 'n' } },
      isRoot: true,
    },
    'holds',
  ],
  [
    'an embedded resource',
    {
      schema: object({ inner: object({}, { 'x-kubernetes-embedded-resource': true }) }),
      rule: "self.inner.metadata.name == 'n'",
      self: { inner: { metadata: { name: 'n' } } },
    },
    'holds',
  ],
  [
    'a comparison with before',
    { schema: text, rule: 'self == oldSelf', self: 'a', old: 'b' },
    'spec: Invalid value: "string": failed rule: self == oldSelf',
  ],
  [
    'an earlier value that is there',
    { schema: integer, rule: { rule: 'oldSelf.orValue(0) < self', optionalOldSelf: true }, self: 2, old: 1 },
    'holds',
  ],
  [
    'an earlier value that is not',
    { schema: integer, rule: { rule: 'oldSelf.hasValue()', optionalOldSelf: true }, self: 2 },
    'spec: Invalid value: "integer": failed rule: oldSelf.hasValue()',
  ],
  [
    'a message that is computed',
    {
      schema: SIZES,
      rule: { rule: 'false', message: 'm', messageExpression: "'at most ' + string(self.max)" },
      self: { max: 5 },
    },
    'spec: Invalid value: "object": at most 5',
  ],
  [
    'a message that cannot be computed',
    { schema: SIZES, rule: { rule: 'false', message: 'm', messageExpression: 'self.name' }, self: {} },
    'spec: Invalid value: "object": m',
  ],
  [
    'a message of several lines',
    { schema: SIZES, rule: { rule: 'false', messageExpression: "'a\\nb'" }, self: {} },
    `${FAILED}false`,
  ],
  [
    'reason Forbidden',
    { schema: SIZES, rule: { rule: 'false', message: 'm', reason: 'FieldValueForbidden' }, self: {} },
    'spec: Forbidden: m',
  ],
  [
    'reason Required',
    { schema: SIZES, rule: { rule: 'false', message: 'm', reason: 'FieldValueRequired' }, self: {} },
    'spec: Required value: m',
  ],
  [
    'reason Duplicate',
    { schema: SIZES, rule: { rule: 'false', message: 'm', reason: 'FieldValueDuplicate' }, self: {} },
    'spec: Duplicate value: "object"',
  ],
  [
    'the path of a field',
    { schema: SIZES, rule: { rule: 'false', message: 'm', fieldPath: '.min' }, self: {} },
    'spec.min: Invalid value: "object": m',
  ],
  [
    'no budget',
    { schema: SIZES, rule: 'self.min == 1', self: { min: 1 }, budget: { remaining: 2 } },
    'spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
  ],
  [
    'a budget too small for the message',
    {
      schema: SIZES,
      rule: { rule: 'self.min == 2', messageExpression: "self.name + ''" },
      self: { min: 1, name: 'n' },
      budget: { remaining: 4 },
    },
    'spec: Invalid value: "object": messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
  ],
  ['an empty rule', { schema: SIZES, rule: '', self: {} }, 'holds'],
  [
    'a rule that is no bool',
    { schema: SIZES, rule: 'self.min', self: {} },
    'invalid: cel expression must evaluate to a bool',
  ],
  [
    'a rule that is wrong',
    { schema: SIZES, rule: 'self.x == 1', self: {} },
    "invalid: compilation failed: ERROR: <input>:1:5: undefined field 'x'\n | self.x == 1\n | ....^",
  ],
  [
    'types of parts',
    { schema: object({ a: list(object({})) }), rule: 'self.a[0] == 1', self: {} },
    "invalid: compilation failed: ERROR: <input>:1:11: found no matching overload for '_==_' applied to '(selfType.a.@idx, int)'\n | self.a[0] == 1\n | ..........^",
  ],
  [
    'a pattern that is none',
    { schema: text, rule: "self.find('(') == ''", self: '' },
    'invalid: program instantiation failed: error parsing regexp: missing closing ): `(`',
  ],
  [
    'parts of which nothing is known',
    { schema: object({ any: { 'x-kubernetes-preserve-unknown-fields': true } }), rule: 'has(self.any)', self: {} },
    "invalid: compilation failed: ERROR: <input>:1:4: undefined field 'any'\n | has(self.any)\n | ...^",
  ],
]

for (const [name, one, wanted] of VALUES) {
  test(`rules: ${name}`, () => {
    if (wanted === 'refused') assert.match(outcome(one), /^invalid: compilation failed/)
    else assert.equal(outcome(one), wanted)
  })
}

test('rules: one that costs too much ends the validation of the object', () => {
  const budget = { remaining: 10_000_000 }
  const self = Array.from({ length: 2000 }, (_, index) => index)
  const rule = 'self.all(x, self.all(y, y < 0 || x == y || x != y))'
  assert.equal(
    outcome({ schema: list(integer), rule, self, budget }),
    `spec: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`,
  )
  assert.equal(budget.remaining, -1)
})

test('rules: what a rule costs is taken from the budget', () => {
  const budget = { remaining: 100 }
  outcome({ schema: SIZES, rule: 'self.min <= self.max', self: { min: 1, max: 2 }, budget })
  assert.equal(budget.remaining, 95)
})

test('rules: those that read an earlier value are known', () => {
  const reads = (rule: string) => compiled({ schema: SIZES, rule }).usesOldSelf
  assert.deepEqual([reads('self.min > oldSelf.min'), reads('self.min > 0')], [true, false])
})

test('rules: an error in a computed message is told apart', () => {
  const messageError = (messageExpression: string) =>
    compiled({ schema: SIZES, rule: { rule: 'true', messageExpression } }).messageExpressionError
  assert.deepEqual(['self.min', 'x'].map(messageError), [
    'messageExpression must evaluate to a string',
    "messageExpression compilation failed: ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x\n | ^",
  ])
})

/** Most that a rule may cost, by the limits of its schema. */
const COSTS: readonly (readonly [schema: Schema, rule: string, cost: number])[] = [
  [SIZES, 'self.min <= self.max', 5],
  [list(integer), 'self.all(x, x > 0)', 2 + 1_572_863 * 5],
  [list(integer, { maxItems: 10 }), 'self.all(x, x > 0)', 2 + 10 * 5],
  [list({ ...text, maxLength: 5 }, { maxItems: 10 }), "self.exists(x, x == 'abcdefghijklmnopqrstuvwxyz')", 2 + 10 * 7],
  [list(object({ a: { type: 'boolean' } }, { required: ['a'] })), 'self.all(x, true)', 2 + 262_143 * 3],
  [{ type: 'object', additionalProperties: integer, maxProperties: 4 }, 'self.all(k, self[k] > 0)', 2 + 4 * 7],
  [text, "self.contains('0123456789')", 1 + 314_573],
  [{ ...text, maxLength: 10 }, "self.matches('^[a-z]+$')", 1 + 5 * 2],
  [{ ...text, enum: ['a', 'abc'] }, "self.contains('0123456789a')", 1 + 2],
  [{ ...text, format: 'date-time' }, 'self == self', 2 + 4],
  [{ 'x-kubernetes-int-or-string': true, maxLength: 5 }, 'isQuantity(self)', 1 + 2],
  [text, 'self.size() < 10 && oldSelf.size() < 10', 6],
]

for (const [schema, rule, cost] of COSTS) {
  test(`rules: ${rule} may cost ${cost}`, () => assert.equal(compiled({ schema, rule }).maxCost, cost))
}

test('rules: below a list without a limit, there are as many as a request can hold', () => {
  assert.equal(compiled({ schema: object({}), rule: 'true' }).maxCardinality, 1_048_576)
})
