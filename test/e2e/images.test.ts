import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ociArchive } from '../../src/kubelet/images/oci-archive.ts'
import { hostArchitecture } from '../../src/kubelet/images/pause-image.ts'
import { assertSucceeded, clusterOfThisFile } from './harness/cluster.ts'
import { outputOf } from './harness/command.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl } from './harness/kubectl.ts'
import { pod } from './harness/manifests.ts'
import { privateAuthority, REGISTRY_USER, Registry } from './harness/registry.ts'
import { testImageFiles } from './harness/test-image.ts'

// Images as people have them: from registries with passwords, mirrors and private authorities, and from archives.

const cluster = await clusterOfThisFile({ node: true })
const at = (name: string): string => join(cluster.directory, name)

const authority = await privateAuthority(at('authority'))
const guarded = await Registry.start({ directory: at('guarded'), withUsers: true })
const mirror = await Registry.start({ directory: at('mirror') })
const secure = await Registry.start({ directory: at('secure'), tls: authority })
after(async () => {
  for (const registry of [guarded, mirror, secure]) await registry[Symbol.asyncDispose]()
})

trust('docker.io', `[host."http://${mirror.host}"]\n  capabilities = ["pull", "resolve"]\n`)
trust('private.test', `server = "https://${secure.host}"\n[host."https://${secure.host}"]\n  ca = "${authority.ca}"\n`)

/** What containerd is to know of a registry: the directory where people put it. */
function trust(registry: string, hosts: string): void {
  const directory = join(cluster.dataDir, 'certs.d', registry)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'hosts.toml'), hosts)
}

/** An archive of an image that says `version`. */
function archiveOf(name: string, version: string): string {
  const file = at(`${name.replaceAll(/[^a-z0-9]/g, '-')}-${version}.tar`)
  const config = { Env: ['PATH=/bin', `VERSION=${version}`], Cmd: ['/bin/sh', '-c', 'echo version $VERSION'] }
  writeFileSync(file, ociArchive({ name, architecture: hostArchitecture(), files: testImageFiles(), config }))
  return file
}

const once = (name: string, image: string, spec: object = {}) =>
  pod(name, { spec: { containers: [{ name: 'main', image }], restartPolicy: 'Never', ...spec } })

/** What a pod of this image prints before it ends. */
async function saidBy(kubectl: Kubectl, name: string): Promise<string> {
  await kubectl.run('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=30s')
  return kubectl.run('logs', name)
}

test('a registry with passwords: refused without, served with an image pull secret', async (context) => {
  const kubectl = await cluster.namespace(context)
  await guarded.push(archiveOf('guarded', '1'), 'team/app', '1')
  const image = `${guarded.host}/team/app:1`
  await kubectl.apply(once('without', image))
  await eventually(async () =>
    assert.match(await kubectl.run('get', 'pod', 'without'), /ErrImagePull|ImagePullBackOff/),
  )
  assert.match(
    await kubectl.run('get', 'events'),
    /Failed to pull image .*(401 Unauthorized|authorization failed|no basic auth credentials)/,
  )
  const { name, password } = REGISTRY_USER
  const login = [`--docker-server=${guarded.host}`, `--docker-username=${name}`, `--docker-password=${password}`]
  await kubectl.run('create', 'secret', 'docker-registry', 'login', ...login)
  await kubectl.apply(once('with', image, { imagePullSecrets: [{ name: 'login' }] }))
  assert.equal(await saidBy(kubectl, 'with'), 'version 1')
})

test('a service account gives its pods its image pull secrets', async (context) => {
  const kubectl = await cluster.namespace(context)
  await guarded.push(archiveOf('guarded', '2'), 'team/app', '2')
  const { name, password } = REGISTRY_USER
  const login = [`--docker-server=${guarded.host}`, `--docker-username=${name}`, `--docker-password=${password}`]
  await kubectl.run('create', 'secret', 'docker-registry', 'login', ...login)
  await kubectl.run('patch', 'serviceaccount', 'default', '-p', '{"imagePullSecrets":[{"name":"login"}]}')
  // Admission sees the account from its cache, a moment later.
  await eventually(async () => {
    await kubectl.run('delete', 'pod', 'app', '--ignore-not-found', '--now')
    await kubectl.apply(once('app', `${guarded.host}/team/app:2`))
    assert.equal(await kubectl.valueOf('pod/app', '.spec.imagePullSecrets[0].name'), 'login')
  })
  assert.equal(await saidBy(kubectl, 'app'), 'version 2')
})

test('a mirror stands for Docker Hub', async (context) => {
  const kubectl = await cluster.namespace(context)
  await mirror.push(archiveOf('mirrored', '1'), 'library/app', '1')
  await kubectl.apply(once('app', 'app:1'))
  assert.equal(await saidBy(kubectl, 'app'), 'version 1')
})

test('a registry whose certificate is of a private authority', async (context) => {
  const kubectl = await cluster.namespace(context)
  await secure.push(archiveOf('secure', '1'), 'team/app', '1')
  await kubectl.apply(once('app', 'private.test/team/app:1'))
  assert.equal(await saidBy(kubectl, 'app'), 'version 1')
})

test('pull policies: Always takes the newest, IfNotPresent what is there', async (context) => {
  const kubectl = await cluster.namespace(context)
  const image = `${mirror.host}/team/moving:1`
  const withPolicy = (name: string, imagePullPolicy: string) =>
    once(name, image, { containers: [{ name: 'main', image, imagePullPolicy }] })
  await mirror.push(archiveOf('moving', 'old'), 'team/moving', '1')
  await kubectl.apply(withPolicy('first', 'IfNotPresent'))
  assert.equal(await saidBy(kubectl, 'first'), 'version old')
  await mirror.push(archiveOf('moving', 'new'), 'team/moving', '1')
  await kubectl.apply(withPolicy('present', 'IfNotPresent'))
  assert.equal(await saidBy(kubectl, 'present'), 'version old')
  await kubectl.apply(withPolicy('always', 'Always'))
  assert.equal(await saidBy(kubectl, 'always'), 'version new')
  assert.match(await kubectl.run('get', 'events'), /Successfully pulled image .* in [\d.]+m?s/)
})

test('a missing tag is named in the event', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(once('app', `${mirror.host}/team/none:9`))
  await eventually(async () =>
    assert.match(await kubectl.run('get', 'events'), /Failed to pull image ".*\/team\/none:9": .*not found/),
  )
})

test('archives of OCI and of docker are loaded, several at once', async (context) => {
  const kubectl = await cluster.namespace(context)
  const oci = archiveOf('test.local/oci:1', '1')
  const docker = await dockerArchive('test.local/docker:1')
  const said = assertSucceeded(await cluster.navarch('image load', oci, docker))
  assert.match(said, /^loaded test\.local\/oci:1$/m)
  assert.match(said, /^loaded test\.local\/docker:1$/m)
  await kubectl.apply(once('oci', 'test.local/oci:1'), once('docker', 'test.local/docker:1'))
  assert.equal(await saidBy(kubectl, 'oci'), 'version 1')
  assert.equal(await saidBy(kubectl, 'docker'), 'version docker')
})

/** As `docker save` writes it: manifest.json, the image's configuration and its layers. */
async function dockerArchive(name: string): Promise<string> {
  const unpacked = at('docker-image')
  mkdirSync(unpacked)
  await outputOf('tar', ['-xf', archiveOf(name, 'docker'), '-C', unpacked])
  const blob = (digest: string): string => `blobs/${digest.replace(':', '/')}`
  const read = <T>(path: string): T => JSON.parse(readFileSync(join(unpacked, path), 'utf8')) as T
  const { manifests } = read<{ manifests: [{ digest: string }] }>('index.json')
  const { config, layers } = read<{ config: { digest: string }; layers: { digest: string }[] }>(
    blob(manifests[0].digest),
  )
  const entry = { Config: blob(config.digest), RepoTags: [name], Layers: layers.map(({ digest }) => blob(digest)) }
  writeFileSync(join(unpacked, 'manifest.json'), JSON.stringify([entry]))
  const file = at('docker.tar')
  await outputOf('tar', ['-cf', file, '-C', unpacked, 'manifest.json', 'blobs'])
  return file
}

for (const [what, content] of [
  ['noise', () => Buffer.alloc(100_000, 'noise')],
  ['half an archive', () => readFileSync(archiveOf('test.local/half:1', '1')).subarray(0, 1_000_000)],
  ['nothing', () => Buffer.alloc(0)],
] as const) {
  test(`a file that is ${what} is refused by name and leaves the node as it was`, async () => {
    const file = at('broken.tar')
    writeFileSync(file, content())
    const { status, stderr } = await cluster.navarch('image load', file)
    assert.equal(status, 1)
    assert.match(stderr, /broken\.tar/)
    assert.doesNotMatch(stderr, /^\s+at /m)
    assert.equal((await cluster.navarch('status')).status, 0)
  })
}
