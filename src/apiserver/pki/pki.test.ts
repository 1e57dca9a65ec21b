import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { parse } from 'yaml'
import { FakeClock } from '../../testing/fake-clock.ts'
import { certificateUser } from '../authn/client-certificate.ts'
import { kubeconfigYaml } from './kubeconfig.ts'
import { loadOrCreatePki } from './pki.ts'

const DAY_MS = 24 * 3600 * 1000

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'pki-'))
  const files = (ending: string) => {
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith(ending) && file.includes('.'),
    )
    return Object.fromEntries(names.map((file) => [file, readFileSync(join(path, file), 'utf8')]))
  }
  return { path, files, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

const open = (path: string, clock = new FakeClock(Date.now()), hosts = ['10.96.0.1']) =>
  loadOrCreatePki(path, { clock, hosts })
const user = (pem: string) => {
  const { name, groups } = certificateUser(new X509Certificate(pem))
  return `${name} [${groups.join(' ')}]`
}

test('the first start makes every key and certificate, for their owner’s eyes only', () => {
  using dir = directory()
  const pki = open(dir.path)
  assert.equal(user(pki.admin.cert), 'kubernetes-admin [system:masters]')
  assert.equal(user(pki.kubeletClient.cert), 'kube-apiserver-kubelet-client []')
  assert.equal(user(pki.frontProxyClient.cert), 'front-proxy-client []')
  assert.equal(user(pki.node('n1', ['10.0.0.1']).client.cert), 'system:node:n1 [system:nodes]')
  const modes = readdirSync(dir.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => statSync(join(parentPath, name)).mode & 0o777)
  assert.deepEqual([...new Set(modes)], [0o600])
})

test('the API server’s certificate covers all that it is called', () => {
  using dir = directory()
  const certificate = new X509Certificate(open(dir.path).apiserver.cert)
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  for (const name of [...names, 'localhost']) assert.equal(certificate.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1', '10.96.0.1']) assert.ok(certificate.checkIP(address), address)
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
})

test('TLS accepts the certificates on both sides', async () => {
  using dir = directory()
  const pki = open(dir.path)
  const ca = pki.authority('ca')
  const server = createServer({ ...pki.apiserver, ca, requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.end(String(socket.getPeerCertificate().subject.CN))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const socket = connect({ ...pki.admin, ca, host: '127.0.0.1', port })
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  server.close()
  assert.equal(Buffer.concat(chunks).toString(), 'kubernetes-admin')
})

test('a second start changes nothing', () => {
  using dir = directory()
  open(dir.path).node('n1', [])
  const before = dir.files('')
  open(dir.path).node('n1', [])
  assert.deepEqual(dir.files(''), before)
})

test('a certificate is issued anew, for the same key, when a host is missing in it', () => {
  using dir = directory()
  const first = open(dir.path).apiserver
  const second = open(dir.path, undefined, ['10.96.0.1', 'api.example.com', '2001:db8::7']).apiserver
  assert.equal(second.key, first.key)
  assert.equal(new X509Certificate(second.cert).checkHost('api.example.com'), 'api.example.com')
  assert.ok(new X509Certificate(second.cert).checkIP('2001:db8::7'))
})

test('certificates are renewed when a fifth of their life is left, and listeners are told', async () => {
  using dir = directory()
  const clock = new FakeClock(Date.now())
  const pki = open(dir.path, clock)
  const told: string[] = []
  pki.onRenewed((name) => told.push(name))
  const before = { cert: pki.apiserver.cert, ...dir.files('.key') }
  await clock.advance(290 * DAY_MS)
  pki.renewDue()
  assert.deepEqual(told, [])
  await clock.advance(5 * DAY_MS)
  pki.renewDue()
  assert.deepEqual(told.sort(), ['admin', 'apiserver', 'apiserver-kubelet-client', 'front-proxy-client'])
  assert.notEqual(pki.apiserver.cert, before.cert)
  assert.ok(new X509Certificate(pki.apiserver.cert).verify(createPublicKey(pki.authority('ca'))))
  assert.deepEqual({ cert: before.cert, ...dir.files('.key') }, before)
})

test('an authority near its end is renewed with its key, so that what it signed stays good', () => {
  using dir = directory()
  const first = open(dir.path)
  const later = open(dir.path, new FakeClock(Date.now() + 9 * 365 * DAY_MS))
  assert.notEqual(later.authority('ca'), first.authority('ca'))
  const old = new X509Certificate(first.admin.cert)
  const renewed = new X509Certificate(later.authority('ca'))
  assert.ok(old.checkIssued(renewed) && old.verify(renewed.publicKey))
})

test('a lost CA key is an error that names it', () => {
  using dir = directory()
  open(dir.path)
  rmSync(join(dir.path, 'ca.key'))
  assert.throws(() => open(dir.path), /ca\.key is missing, but ca\.crt and what it signed are there/)
})

test('a CA key that belongs to another certificate is an error', () => {
  using dir = directory()
  open(dir.path)
  writeFileSync(join(dir.path, 'ca.key'), dir.files('.key')['sa.key'] ?? '')
  assert.throws(() => open(dir.path), /ca\.key does not belong to ca\.crt/)
})

test('a kubeconfig holds all that a client needs', () => {
  using dir = directory()
  const pki = open(dir.path)
  const options = { server: 'https://127.0.0.1:6443', authority: pki.authority('ca'), credentials: pki.admin }
  const config = parse(kubeconfigYaml(options))
  assert.equal(config['current-context'], 'navarch')
  const [{ user: entry }] = config.users
  const key = createPrivateKey(Buffer.from(entry['client-key-data'], 'base64'))
  const certificate = new X509Certificate(Buffer.from(entry['client-certificate-data'], 'base64'))
  assert.ok(certificate.checkPrivateKey(key))
})
