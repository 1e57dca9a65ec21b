import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testAuthority } from '../../testing/certificates.ts'
import { parse } from '../options.ts'
import { authorityHash, joinTokenText, parseJoinToken } from './join-token.ts'
import { KnownServers } from './known-servers.ts'
import { nodeSettingsOf } from './node-settings.ts'

const TOKEN = { id: 'abcdef', secret: '0123456789abcdef' }

test('a join token says by what to know the cluster, and is read as it was written', async () => {
  const hash = authorityHash((await testAuthority()).ca)
  assert.match(hash, /^sha256:[0-9a-f]{64}$/)
  const text = joinTokenText(TOKEN, hash)
  assert.deepEqual(parseJoinToken(`${text}\n`), { token: TOKEN, authorityHashes: [hash] })
  assert.deepEqual(parseJoinToken('abcdef.0123456789abcdef'), { token: TOKEN, authorityHashes: [] })
  const others = ['', 'x', 'sha256:00::abcdef.0123456789abcdef', `${hash}::${text}`, `${hash}::`]
  assert.deepEqual(
    others.map(parseJoinToken),
    others.map(() => undefined),
  )
})

test('servers are kept for the next start; an answer without any changes nothing', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-servers-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'servers.json')
  const known = new KnownServers(file)
  known.add(['https://a'])
  known.learn(['https://b', 'https://c'], ['https://a'])
  known.learn([], ['https://a'])
  known.add(['https://c', 'https://d'])
  assert.deepEqual(new KnownServers(file).servers, ['https://c', 'https://d', 'https://b', 'https://a'])
})

const OPTIONS = ['node-labels', 'register-with-taints', 'container-runtime-endpoint'].map((name) => ({
  name,
  value: 'X',
  multiple: name !== 'container-runtime-endpoint',
  help: '',
}))
const settings = (name: string, ...args: string[]) =>
  nodeSettingsOf(parse({ name: 'agent', summary: '', options: OPTIONS }, args), name)

test('a node is told its labels and taints as upstream’s kubelet is', () => {
  assert.deepEqual(
    settings(
      'a',
      '--node-labels=x=1,node.kubernetes.io/y=',
      '--node-labels=z=2',
      '--register-with-taints=k=v:NoSchedule,l:NoExecute',
    ),
    {
      name: 'a',
      labels: { x: '1', 'node.kubernetes.io/y': '', z: '2' },
      taints: [
        { key: 'k', value: 'v', effect: 'NoSchedule' },
        { key: 'l', effect: 'NoExecute' },
      ],
    },
  )
})

const wrong: [what: string, name: string, args: string[], want: RegExp][] = [
  ['a name with capitals', 'Node', [], /cannot be called 'Node'/],
  ['a label that is none', 'a', ['--node-labels=x y'], /takes KEY=VALUE, not 'x y'/],
  [
    'a label of administrators',
    'a',
    ['--node-labels=node-role.kubernetes.io/x='],
    /may not give itself the labels node-role/,
  ],
  ['a taint without effect', 'a', ['--register-with-taints=x=y'], /takes KEY=VALUE:EFFECT/],
  ['a taint of another effect', 'a', ['--register-with-taints=x=y:Never'], /takes KEY=VALUE:EFFECT/],
]
for (const [what, name, args, want] of wrong) {
  test(`${what} is refused`, () => assert.throws(() => settings(name, ...args), want))
}
