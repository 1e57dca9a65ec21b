import assert from 'node:assert/strict'
import { test } from 'node:test'
import { responseHead } from './response-head.ts'

test('an answer that brings its date keeps it: it has one', () => {
  const date = 'Tue, 15 Nov 1994 08:12:31 GMT'
  assert.equal(responseHead(200, { date, via: 'x' }, false), `HTTP/1.1 200 OK\r\ndate: ${date}\r\nvia: x\r\n\r\n`)
})
