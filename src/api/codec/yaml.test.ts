import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from './decode-error.ts'
import { decodeYaml, encodeYaml } from './yaml.ts'

test('scalars follow YAML 1.1, with times and numbers to the base of 60 left as text', async () => {
  const { value } = await decodeYaml(Buffer.from('a: yes\nb: 2026-01-01\nc: 010\nd: 12:30\ne: ~\n5: x\nf: {name: y}\n'))
  assert.deepEqual(value, { 5: 'x', a: true, b: '2026-01-01', c: 8, d: '12:30', e: null, f: { name: true } })
})

for (const text of ['a: b: c', 'a: 1\na: 2', 'a: [1']) {
  test(`${JSON.stringify(text)} is refused`, async () => {
    await assert.rejects(decodeYaml(Buffer.from(text)), DecodeError)
  })
}

test('aliases that blow up are refused', async () => {
  const levels = Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`)
  const error = { message: 'error converting YAML to JSON: yaml: document contains excessive aliasing' }
  await assert.rejects(decodeYaml(Buffer.from(['l0: &l0 [x]', ...levels].join('\n'))), error)
})

test('an object comes back from YAML as it was, texts that look like other types included', async () => {
  const object = { z: '1', a: ['yes', { n: 1.5 }], t: '2026-01-01T00:00:00Z', m: 'x\ny\n', empty: {}, nothing: null }
  const bytes = await encodeYaml(object)
  assert.deepEqual((await decodeYaml(bytes)).value, object)
  assert.match(bytes.toString(), /^a:\n- "yes"\n/)
})
