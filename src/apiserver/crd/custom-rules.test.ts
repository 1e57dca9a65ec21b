import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JSONSchemaProps } from '../../api/types/apiextensions.v1.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { customClient, customDefinition, customObject, establish } from '../../testing/custom-definition.ts'

const at = { namespace: 'ns', name: 'a' }
const refusal = (message: string | RegExp) => ({ message, code: 422 })

function definition(spec: Partial<JSONSchemaProps>) {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', ...spec } } } as JSONSchemaProps
  return customDefinition({ versions: [{ schema: { openAPIV3Schema } }] })
}

const SIZES: Partial<JSONSchemaProps> = {
  properties: {
    min: { type: 'integer' },
    max: { type: 'integer' },
    fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is immutable' }] },
  },
  'x-kubernetes-validations': [
    { rule: 'self.min <= self.max', messageExpression: "'min is above %d'.format([self.max])" },
  ],
}

test('an object that breaks a validation rule is refused with its message', async () => {
  await using api = await startTestApi()
  await establish(api, definition(SIZES))
  const widgets = customClient(api)
  await assert.rejects(
    widgets.create(customObject('a', { spec: { min: 3, max: 2 } })),
    refusal('Widget.example.com "a" is invalid: spec: Invalid value: "object": min is above 2'),
  )
  await widgets.create(customObject('a', { spec: { min: 1, max: 2 } }))
})

test('a transition rule compares with what was there, if anything was', async () => {
  await using api = await startTestApi()
  await establish(api, definition(SIZES))
  const widgets = customClient(api)
  await widgets.create(customObject('a', { spec: { min: 1, max: 2, fixed: 'x' } }))
  await assert.rejects(
    widgets.patch(at, { type: 'merge', body: { spec: { fixed: 'y' } } }),
    refusal('Widget.example.com "a" is invalid: spec.fixed: Invalid value: "string": fixed is immutable'),
  )
  await widgets.patch(at, { type: 'merge', body: { spec: { fixed: null } } })
  await widgets.patch(at, { type: 'merge', body: { spec: { fixed: 'z' } } })
})

const RULE = 'spec.validation.openAPIV3Schema.properties\\[spec\\].x-kubernetes-validations\\[0\\].rule'

/** What a definition may not say, and the words that tell so. */
const refused: readonly (readonly [spec: Partial<JSONSchemaProps>, message: RegExp])[] = [
  [
    { 'x-kubernetes-validations': [{ rule: 'self.nothing > 1' }] },
    new RegExp(
      `${RULE}: Invalid value: .*compilation failed: ERROR: <input>:1:5: undefined field 'nothing'\\n \\|`,
      's',
    ),
  ],
  [{ 'x-kubernetes-validations': [{ rule: '1 + 1' }] }, /cel expression must evaluate to a bool/],
  [
    {
      properties: { names: { type: 'array', items: { type: 'string' } } },
      'x-kubernetes-validations': [{ rule: 'self.names.all(a, self.names.exists(b, a.contains(b)))' }],
    },
    /estimated rule cost exceeds budget by factor of more than 100x/,
  ],
]
for (const [spec, message] of refused) {
  const [rule] = spec['x-kubernetes-validations'] ?? []
  test(`a definition with the rule ${rule?.rule} is refused`, async () => {
    await using api = await startTestApi()
    const { customResourceDefinitions } = api.client()
    await assert.rejects(customResourceDefinitions.create(definition(spec) as never), refusal(message))
  })
}
