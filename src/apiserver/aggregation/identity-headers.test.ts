import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityHeaders, passedOn } from './identity-headers.ts'

test('a backend is told name, uid, groups and extra values of a user', () => {
  const extra = { 'example.com/a b': ['1', '2'], 'Scopes%': ['x'] }
  assert.deepEqual(identityHeaders({ name: 'jane', uid: 'u-1', groups: ['a', 'b'], extra }), {
    'x-remote-user': 'jane',
    'x-remote-uid': 'u-1',
    'x-remote-group': ['a', 'b'],
    'x-remote-extra-example.com%2Fa%20b': ['1', '2'],
    'x-remote-extra-scopes%25': ['x'],
  })
})

test('credentials, claimed identities and what belongs to one connection are not passed on', () => {
  const headers = {
    accept: 'application/json',
    authorization: 'Bearer x',
    'impersonate-user': 'root',
    'x-remote-user': 'root',
    'x-remote-extra-scopes': 'all',
    connection: 'keep-alive',
    host: 'api',
    te: 'trailers',
    ':authority': 'api',
    'if-none-match': '"a"',
  }
  assert.deepEqual(passedOn(headers), { accept: 'application/json', 'if-none-match': '"a"' })
})
