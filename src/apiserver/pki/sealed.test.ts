import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seal, unseal } from './sealed.ts'

const TOKEN = 'a token of some length'

test('who knows the token reads what was sealed, and nothing of it shows', async () => {
  const sealed = await seal('the key', TOKEN, 'here')
  assert.equal(await unseal(sealed, TOKEN, 'here'), 'the key')
  assert.ok(!JSON.stringify(sealed).includes(Buffer.from('the key').toString('base64')))
  assert.notDeepEqual(await seal('the key', TOKEN, 'here'), sealed)
})

test('another token, another purpose or changed bytes open nothing', async () => {
  const sealed = await seal('the key', TOKEN, 'here')
  const changed = { ...sealed, data: Buffer.from('another').toString('base64') }
  const attempts: Parameters<typeof unseal>[] = [
    [sealed, 'another token, of a stranger', 'here'],
    [sealed, TOKEN, 'elsewhere'],
    [changed, TOKEN, 'here'],
  ]
  for (const attempt of attempts) await assert.rejects(unseal(...attempt), { name: 'CannotUnseal' })
})
