import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadKubeconfig } from './kubeconfig.ts'

const TEXT = `
current-context: one
clusters:
  - name: c
    cluster: { server: 'https://127.0.0.1:6443/', certificate-authority: ca.crt }
contexts:
  - name: one
    context: { cluster: c, user: u, namespace: team }
  - name: lost
    context: { cluster: c, user: nobody }
users:
  - name: u
    user: { client-certificate-data: ${Buffer.from('CERT').toString('base64')}, token: secret }
`

async function write(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'ca.crt'), 'CA')
  await writeFile(join(folder, 'config'), TEXT)
  return join(folder, 'config')
}

test('the current context gives server, certificates, token and namespace', async (t) => {
  const { token, ...connection } = await loadKubeconfig(await write(t))
  const want = { server: 'https://127.0.0.1:6443', ca: 'CA', clientCert: 'CERT', namespace: 'team' }
  assert.deepEqual([connection, await token?.()], [want, 'secret'])
})

test('what a context names and is not there is named', async (t) => {
  await assert.rejects(loadKubeconfig(await write(t), 'lost'), /has no user "nobody"/)
  await assert.rejects(loadKubeconfig(await write(t), 'other'), /has no context "other"/)
})
