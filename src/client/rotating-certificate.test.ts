import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseCertificateRequest } from '../base/certificate-request.ts'
import { silentLogger } from '../base/log.ts'
import { x509Library } from '../base/x509.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { type CertifiedKey, RotatingCertificate } from './rotating-certificate.ts'

const HOUR_MS = 3_600_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' }
const HASH = { name: 'ECDSA', hash: 'SHA-256' }

/** An authority that certifies what it is asked to, for a hundred hours. */
async function authority(clock: FakeClock) {
  const { BasicConstraintsExtension, Name, PublicKey, X509CertificateGenerator } = await x509Library()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = {
    privateKey: privateKey.toCryptoKey(CURVE, true, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(CURVE, true, ['verify']),
  }
  const name = [{ CN: ['authority'] }]
  const lifetime = () => ({ notBefore: new Date(clock.now()), notAfter: new Date(clock.now() + 100 * HOUR_MS) })
  const extensions = [new BasicConstraintsExtension(true)]
  const own = { notBefore: new Date(clock.now() - HOUR_MS), notAfter: new Date(clock.now() + 1e12) }
  const ca = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm: HASH, extensions, ...own })
  const sign = async (pem: string): Promise<string> => {
    const request = await parseCertificateRequest(pem)
    const certificate = await X509CertificateGenerator.create({
      subject: request.subjectName,
      issuer: new Name(name),
      publicKey: new PublicKey(request.publicKey.rawData),
      signingKey: keys.privateKey,
      signingAlgorithm: HASH,
      ...lifetime(),
    })
    return certificate.toString('pem')
  }
  return { ca: ca.toString('pem'), sign }
}

async function setup(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-certificate-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000)
  const { ca, sign } = await authority(clock)
  const file = join(directory, 'pki', 'client.pem')
  const answers = { refuse: false, asked: 0 }
  const make = (authorities = ca, commonName = 'me') =>
    new RotatingCertificate({
      name: 'client',
      file,
      subject: { commonName },
      ca: authorities,
      ask: async (request) => {
        answers.asked++
        if (answers.refuse) throw new Error('not now')
        return sign(request)
      },
      random: () => 0.5, // renewed after 80 hours
      clock,
      log: silentLogger,
    })
  return { clock, file, answers, make, other: (await authority(clock)).ca }
}

/** Lets work of the crypto threads come in. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

test('a certificate is asked for once, and found by the next start, for its owner alone', async (t) => {
  const { file, answers, make, other } = await setup(t)
  const pair = await make().renew(AbortSignal.timeout(10_000))
  assert.deepEqual([make().pair, answers.asked], [pair, 1])
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(make(other).pair, undefined)
  assert.equal(make(undefined, 'somebody else').pair, undefined)
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 500))
  assert.equal(make().pair, undefined)
})

test('it is renewed, with a new key, when most of its life is over, and asked for again when that fails', async (t) => {
  const { clock, answers, make } = await setup(t)
  const certificate = make()
  const seen: CertifiedKey[] = []
  certificate.onRenewed((pair) => seen.push(pair))
  const stop = new AbortController()
  const running = certificate.run(stop.signal)
  const first = await certificate.present(stop.signal)
  await until(() => clock.pending === 1)
  answers.refuse = true
  await clock.advance(24 * HOUR_MS)
  await clock.advance(24 * HOUR_MS)
  await clock.advance(24 * HOUR_MS)
  assert.equal(answers.asked, 1)
  await clock.advance(8 * HOUR_MS)
  await until(() => answers.asked === 2 && clock.pending === 1)
  assert.equal(certificate.pair, first)
  answers.refuse = false
  await clock.advance(30_000)
  await until(() => seen.length === 2)
  assert.notEqual(certificate.pair?.key, first.key)
  assert.deepEqual([certificate.pair, certificate.problem], [seen[1], undefined])
  await until(() => clock.pending === 1)
  stop.abort()
  await running
  assert.equal(clock.pending, 0)
})

test('one that has expired is as good as none', async (t) => {
  const { clock, make } = await setup(t)
  const certificate = make()
  await certificate.renew(AbortSignal.timeout(10_000))
  await clock.advance(101 * HOUR_MS)
  assert.equal(certificate.pair, undefined)
  assert.match(certificate.problem ?? '', /there is none/)
})
