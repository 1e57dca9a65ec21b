import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { parse } from 'yaml'
import { x509Library } from '../../base/x509.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { certificateUser } from '../authn/client-certificate.ts'
import { earlierPki } from './earlier-pki.ts'
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

const { AuthorityKeyIdentifierExtension, SubjectKeyIdentifierExtension, X509Certificate: X509 } = await x509Library()
const keyIds = (certificate?: InstanceType<typeof X509>) => ({
  subject: certificate?.getExtension(SubjectKeyIdentifierExtension)?.keyId,
  authority: certificate?.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
})

/** A program that opens the directory and says whether the X.509 library's prerequisite is there after. */
const opening = (path: string) => `
  const { loadOrCreatePki } = await import(${JSON.stringify(import.meta.resolve('./pki.ts'))})
  await loadOrCreatePki(${JSON.stringify(path)}, { clock: { now: Date.now }, hosts: [] })
  process.stdout.write(String('getMetadata' in Reflect))`

test('the first start makes every key and certificate, for their owner’s eyes only', async () => {
  using dir = directory()
  const pki = await open(dir.path)
  assert.equal(user(pki.admin.cert), 'admin [system:masters]')
  assert.equal(user(pki.kubeletClient.cert), 'kube-apiserver-kubelet-client []')
  assert.equal(user(pki.frontProxyClient.cert), 'front-proxy-client []')
  assert.equal(user((await pki.node('n1', ['10.0.0.1'])).client.cert), 'system:node:n1 [system:nodes]')
  const modes = readdirSync(dir.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => statSync(join(parentPath, name)).mode & 0o777)
  assert.deepEqual([...new Set(modes)], [0o600])
})

test('the API server’s certificate covers all that it is called', async () => {
  using dir = directory()
  const certificate = new X509Certificate((await open(dir.path)).apiserver.cert)
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  for (const name of [...names, 'localhost']) assert.equal(certificate.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1', '10.96.0.1']) assert.ok(certificate.checkIP(address), address)
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
})

test('TLS accepts the certificates on both sides', async () => {
  using dir = directory()
  const pki = await open(dir.path)
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
  assert.equal(Buffer.concat(chunks).toString(), 'admin')
})

test('a second start changes nothing', async () => {
  using dir = directory()
  await (await open(dir.path)).node('n1', [])
  const before = dir.files('')
  await (await open(dir.path)).node('n1', [])
  assert.deepEqual(dir.files(''), before)
})

test('a certificate is issued anew, for the same key, when a host is missing in it', async () => {
  using dir = directory()
  const first = (await open(dir.path)).apiserver
  const hosts = ['10.96.0.1', 'api.example.com', '2001:db8::7', '::ffff:10.0.0.7']
  const second = (await open(dir.path, undefined, hosts)).apiserver
  assert.equal(second.key, first.key)
  assert.equal(new X509Certificate(second.cert).checkHost('api.example.com'), 'api.example.com')
  for (const address of ['2001:db8::7', '::ffff:10.0.0.7']) {
    assert.ok(new X509Certificate(second.cert).checkIP(address), address)
  }
})

test('certificates are renewed when a fifth of their life is left, and listeners are told', async () => {
  using dir = directory()
  const clock = new FakeClock(Date.now())
  const pki = await open(dir.path, clock)
  const told: string[] = []
  pki.onRenewed((name) => void told.push(name))
  const before = { cert: pki.apiserver.cert, ...dir.files('.key') }
  await clock.advance(290 * DAY_MS)
  await pki.renewDue()
  assert.deepEqual(told, [])
  await clock.advance(5 * DAY_MS)
  await pki.renewDue()
  assert.deepEqual(told.sort(), ['admin', 'apiserver', 'apiserver-kubelet-client', 'front-proxy-client'])
  assert.notEqual(pki.apiserver.cert, before.cert)
  assert.ok(new X509Certificate(pki.apiserver.cert).verify(createPublicKey(pki.authority('ca'))))
  assert.deepEqual({ cert: before.cert, ...dir.files('.key') }, before)
})

test('an authority near its end is renewed with its key, so that what it signed stays good', async () => {
  using dir = directory()
  const first = await open(dir.path)
  const later = await open(dir.path, new FakeClock(Date.now() + 9 * 365 * DAY_MS))
  assert.notEqual(later.authority('ca'), first.authority('ca'))
  const old = new X509Certificate(first.admin.cert)
  const renewed = new X509Certificate(later.authority('ca'))
  assert.ok(old.checkIssued(renewed) && old.verify(renewed.publicKey))
})

test('what an earlier Navarch signed stays good under the renewed authority', async () => {
  using dir = directory()
  for (const [file, content] of Object.entries(earlierPki)) writeFileSync(join(dir.path, file), content)
  const pki = await open(dir.path, new FakeClock(Date.UTC(2035, 0, 1)))
  const [before, renewed] = [earlierPki['ca.crt'], pki.authority('ca')].map((pem) => new X509(pem))
  assert.notEqual(renewed?.serialNumber, before?.serialNumber)
  assert.deepEqual(renewed?.subjectName.toArrayBuffer(), before?.subjectName.toArrayBuffer())
  assert.equal(keyIds(renewed).subject, keyIds(before).subject)
  assert.equal(keyIds(new X509(earlierPki['admin.crt'])).authority, keyIds(renewed).subject)
  assert.equal(keyIds(new X509(pki.apiserver.cert)).authority, keyIds(before).subject)
  const [old, authority] = [earlierPki['admin.crt'], pki.authority('ca')].map((pem) => new X509Certificate(pem))
  assert.ok(authority && old?.checkIssued(authority) && old.verify(authority.publicKey))
})

test('only issuing loads the X.509 library', async () => {
  using dir = directory()
  const loads = () => execFileSync(process.execPath, ['--input-type=module', '--eval', opening(dir.path)]).toString()
  assert.equal(loads(), 'true')
  assert.equal(loads(), 'false')
})

test('serial numbers are positive and differ', async () => {
  using dir = directory()
  const { apiserver, admin, kubeletClient } = await open(dir.path)
  const serials = [apiserver, admin, kubeletClient].map(({ cert }) =>
    BigInt(`0x${new X509Certificate(cert).serialNumber}`),
  )
  assert.equal(new Set(serials.filter((serial) => serial > 0n)).size, 3)
})

test('a lost CA key is an error that names it', async () => {
  using dir = directory()
  await open(dir.path)
  rmSync(join(dir.path, 'ca.key'))
  await assert.rejects(open(dir.path), /ca\.key is missing, but ca\.crt and what it signed are there/)
})

test('a CA key that belongs to another certificate is an error', async () => {
  using dir = directory()
  await open(dir.path)
  writeFileSync(join(dir.path, 'ca.key'), dir.files('.key')['sa.key'] ?? '')
  await assert.rejects(open(dir.path), /ca\.key does not belong to ca\.crt/)
})

test('a kubeconfig holds all that a client needs', async () => {
  using dir = directory()
  const pki = await open(dir.path)
  const options = { server: 'https://127.0.0.1:6443', authority: pki.authority('ca'), credentials: pki.admin }
  const config = parse(kubeconfigYaml(options))
  assert.equal(config['current-context'], 'navarch')
  const [{ user: entry }] = config.users
  const key = createPrivateKey(Buffer.from(entry['client-key-data'], 'base64'))
  const certificate = new X509Certificate(Buffer.from(entry['client-certificate-data'], 'base64'))
  assert.ok(certificate.checkPrivateKey(key))
})
