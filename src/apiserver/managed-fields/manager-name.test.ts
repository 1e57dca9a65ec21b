import assert from 'node:assert/strict'
import { test } from 'node:test'
import { managerName } from './manager-name.ts'

const names: [fieldManager: string | undefined, userAgent: string | undefined, name: string][] = [
  ['mine', 'kubectl/v1.36', 'mine'],
  [undefined, 'kubectl/v1.36 (linux/amd64)', 'kubectl'],
  ['', 'another agent', 'another agent'],
  [undefined, undefined, 'unknown'],
  [undefined, '/v1', 'unknown'],
  [undefined, 'ta\tb\u200b/1', 'tab'],
  [undefined, `${'é'.repeat(100)}/1`, 'é'.repeat(64)],
]

for (const [fieldManager, userAgent, name] of names) {
  test(`field manager ${fieldManager}, agent ${JSON.stringify(userAgent)?.slice(0, 40)}: ${name.slice(0, 20)}`, () => {
    assert.equal(managerName(fieldManager, userAgent), name)
  })
}
