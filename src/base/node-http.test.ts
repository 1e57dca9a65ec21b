import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

const SERVER = new URL('../apiserver/server.ts', import.meta.url).href

test('the API server does not load the client of HTTP that comes with Node.js', () => {
  const program = `await import('${SERVER}'); console.log(process.moduleLoadList.filter((name) => name.includes('undici')))`
  const loaded = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  assert.equal(loaded, '[]\n')
})
