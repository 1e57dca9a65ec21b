import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Secret } from '../../api/types/core.v1.ts'
import { systemClock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import {
  type ImageRegistry,
  type PushedImage,
  pushImage,
  REGISTRY_USER,
  startImageRegistry,
} from '../../testing/image-registry.ts'
import { containerOf, podOf } from '../../testing/kubelet-builders.ts'
import { startTestNode, type TestNode } from '../../testing/kubelet-node.ts'
import type { PodSandboxConfig } from '../cri/messages.ts'
import { PodEvents } from '../pods/pod-events.ts'
import { ImagePuller } from './image-puller.ts'

// Pulls by a real containerd from Debian's docker-registry on loopback.
const isPossible = process.getuid?.() === 0 && existsSync('/usr/bin/docker-registry')
const skip = isPossible ? false : 'needs root and docker-registry'

const IMAGE: PushedImage = { files: [{ path: 'hello', mode: 0o644, data: Buffer.from('hello') }], config: {} }

let node: TestNode
let open: ImageRegistry
let guarded: ImageRegistry
let secured: ImageRegistry

before(async () => {
  if (skip) return
  open = await startImageRegistry()
  guarded = await startImageRegistry({ authenticated: true })
  secured = await startImageRegistry({ tls: true, storage: open.storage })
  await pushImage(open, 'team/app', IMAGE)
  await pushImage(open, 'team/corrupt', { ...IMAGE, corrupt: true })
  await pushImage(guarded, 'team/app', IMAGE)
  node = await startTestNode()
})

after(async () => {
  await node?.[Symbol.asyncDispose]()
  for (const registry of [open, guarded, secured]) await registry?.[Symbol.asyncDispose]()
})

function pullSecret(registry: string, password: string): DeepReadonly<Secret> {
  const auth = btoa(`${REGISTRY_USER.username}:${password}`)
  const data = { '.dockerconfigjson': btoa(JSON.stringify({ auths: { [registry]: { auth } } })) }
  return { metadata: { name: 'pull' }, type: 'kubernetes.io/dockerconfigjson', data } as unknown as Secret
}

/** Pulls for a pod with these secrets; answers how it ended and what was said. */
async function pull(image: string, secrets: readonly DeepReadonly<Secret>[] = []) {
  const said: string[] = []
  const say = (_subject: unknown, reason: string, message: string): void => void said.push(`${reason}: ${message}`)
  const events = new PodEvents({ normal: say, warning: say } as never)
  const pod = podOf({ imagePullSecrets: secrets.map((_, place) => ({ name: String(place) })) })
  const puller = new ImagePuller({
    runtime: node.runtime,
    events,
    clock: systemClock,
    pullSecret: async (_namespace, name) => secrets[Number(name)],
  })
  const container = containerOf('main', { image, imagePullPolicy: 'Always' })
  const outcome = await puller.ensure(pod, container, {} as PodSandboxConfig, AbortSignal.timeout(30_000))
  return { outcome, said, message: outcome.ok ? '' : outcome.message, reason: outcome.ok ? 'ok' : outcome.reason }
}

/** `hosts.toml`: where containerd finds the images of a registry's name. */
async function configureHost(name: string, lines: readonly string[]): Promise<void> {
  const directory = join(node.dataDir, 'certs.d', name)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'hosts.toml'), lines.join('\n'))
}

test('an image is pulled from a registry, and the time it took is told', { skip }, async () => {
  const { outcome, said } = await pull(`${open.host}/team/app:1`)
  assert.equal(outcome.ok, true)
  assert.equal(said[0], `Pulling: Pulling image "${open.host}/team/app:1"`)
  assert.match(
    said[1] ?? '',
    /^Pulled: Successfully pulled image ".*" in [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: \d+ bytes\.$/,
  )
})

test('a pull secret opens a registry, and of several the one that fits is found', { skip }, async () => {
  const wrong = pullSecret(guarded.host, 'wrong')
  const right = pullSecret(guarded.host, REGISTRY_USER.password)
  for (const secrets of [[right], [wrong, right]]) {
    const { reason, message } = await pull(`${guarded.host}/team/app:1`, secrets)
    assert.deepEqual([reason, message], ['ok', ''])
  }
})

const failures: readonly (readonly [string, () => Promise<Awaited<ReturnType<typeof pull>>>, RegExp])[] = [
  ['without a secret', () => pull(`${guarded.host}/team/app:1`), /401 Unauthorized/],
  [
    'with a wrong password',
    () => pull(`${guarded.host}/team/app:1`, [pullSecret(guarded.host, 'wrong')]),
    /401 Unauthorized/,
  ],
  ['that is not there', () => pull(`${open.host}/team/none:1`), /team\/none:1: not found$/],
  ['whose layer is corrupt', () => pull(`${open.host}/team/corrupt:1`), /wrong diff id calculated on extraction/],
  [
    'of a registry whose certificate nobody vouches for',
    async () => {
      await configureHost('untrusted.test', [`server = "${secured.url}"`, `[host."${secured.url}"]`])
      return pull('untrusted.test/team/app:1')
    },
    /x509: certificate signed by unknown authority/,
  ],
]

for (const [what, attempt, message] of failures) {
  test(`an image ${what} is ErrImagePull, with the runtime's reason`, { skip }, async () => {
    const failed = await attempt()
    assert.equal(failed.reason, 'ErrImagePull')
    assert.match(failed.message, message)
    assert.equal(failed.said.at(-1)?.endsWith(failed.message), true)
  })
}

test('all secrets that were tried in vain are told of', { skip }, async () => {
  const secrets = ['wrong', 'worse'].map((password) => pullSecret(guarded.host, password))
  const { message } = await pull(`${guarded.host}/team/app:1`, secrets)
  assert.equal(message.split('401 Unauthorized').length, 2) // the same answer twice is told once
})

test('a mirror serves the images of another registry', { skip }, async () => {
  await configureHost('mirrored.test', [
    'server = "https://mirrored.test"',
    `[host."${open.url}"]`,
    '  capabilities = ["pull", "resolve"]',
  ])
  assert.deepEqual((await pull('mirrored.test/team/app:1')).reason, 'ok')
})

test('a private authority is trusted where it is configured', { skip }, async () => {
  const ca = join(node.dataDir, 'registry-ca.crt')
  await writeFile(ca, secured.ca ?? '')
  await configureHost('private.test', [
    `server = "${secured.url}"`,
    `[host."${secured.url}"]`,
    '  capabilities = ["pull", "resolve"]',
    `  ca = ${JSON.stringify(ca)}`,
  ])
  assert.deepEqual((await pull('private.test/team/app:1')).reason, 'ok')
})
