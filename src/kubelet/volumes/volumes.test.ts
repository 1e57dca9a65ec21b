import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { notFound } from '../../api/status-error.ts'
import type { ConfigMap, Pod, PodSpec, Volume } from '../../api/types/core.v1.ts'
import { silentLogger } from '../../base/log.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { writeAtomically } from './atomic-writer.ts'
import { volumePlugins } from './index.ts'
import { hostMounts, mountPoints } from './mount-table.ts'
import { NodeVolumeManager } from './node-volume-manager.ts'
import type { ReferencedObjects } from './referenced-objects.ts'

const asRoot = { skip: process.getuid?.() !== 0 && 'needs root' }
const meta = {
  name: 'p',
  namespace: 'default',
  uid: 'uid-1',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
}

function pod(volume: Omit<Volume, 'name'>, spec: Partial<PodSpec> = {}, labels = {}): Pod {
  const containers = [{ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/v' }] }]
  return {
    metadata: { ...meta, labels },
    spec: { containers, volumes: [{ name: 'v', ...volume }], ...spec },
    status: {},
  }
}

/** A manager over a directory of its own, with objects that a test can change; everything is unmounted at the end. */
async function setUp() {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-volumes-'))
  const configMaps = new Map<string, ConfigMap['data']>()
  const listeners = new Set<() => void>()
  const clock = new FakeClock(Date.UTC(2026, 0, 1))
  let tokens = 0
  const objects = {
    get: async (kind: string, _namespace: string, name: string) => {
      const data = configMaps.get(name)
      if (!data) return undefined
      return kind === 'secrets'
        ? { data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, btoa(text)])) }
        : { data }
    },
    follow: (_reference: unknown, _namespace: string, changed: () => void) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  } as unknown as ReferencedObjects
  const client = {
    serviceAccounts: {
      createSubresource: async () => ({
        status: { token: `token-${++tokens}`, expirationTimestamp: new Date(clock.now() + 3_600_000).toISOString() },
      }),
    },
    persistentVolumeClaims: {
      get: async ({ name }: { name: string }) =>
        Promise.reject(notFound({ group: '', plural: 'persistentvolumeclaims' }, name)),
    },
  } as never
  const manager = new NodeVolumeManager({
    client,
    objects,
    clock,
    mounts: hostMounts,
    plugins: volumePlugins,
    log: silentLogger,
    root: join(directory, 'pods'),
    memoryRoot: join(directory, 'memory'),
    allocatable: () => ({ cpu: '4', memory: '8Gi' }),
  })
  const signal = AbortSignal.timeout(20_000)
  return {
    manager,
    configMaps,
    clock,
    signal,
    directory,
    changed: () => listeners.forEach((listener) => void listener()),
    listeners,
    async [Symbol.asyncDispose]() {
      await manager.unmountAll(signal)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8)

test('atomic writer: readers see one payload or the next, never a mixture, and nothing is written twice', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-atomic-'))
  try {
    const file = (path: string, text: string) => ({ path, data: Buffer.from(text), mode: 0o640 })
    assert.equal(await writeAtomically(directory, [file('a', '1'), file('sub/b', '2')]), true)
    const first = await readlink(join(directory, '..data'))
    assert.equal(await writeAtomically(directory, [file('a', '1'), file('sub/b', '2')]), false)
    assert.equal(await readlink(join(directory, '..data')), first)
    assert.equal(await writeAtomically(directory, [file('sub/b', '3')]), true)
    assert.deepEqual(
      (await readdir(directory)).filter((name) => !name.startsWith('..')),
      ['sub'],
    )
    assert.equal(await readFile(join(directory, 'sub/b'), 'utf8'), '3')
    assert.equal((await readdir(directory)).filter((name) => name.startsWith('..2')).length, 1)
    await assert.rejects(writeAtomically(directory, [file('../x', '1')]), /may not contain/)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('mount points are read from mountinfo with their escapes', () => {
  assert.deepEqual(mountPoints('36 35 98:0 / /mnt\\040two rw - ext3 /dev/root rw\n'), ['/mnt two'])
})

test('volumes: a ConfigMap appears, follows changes, and goes', asRoot, async () => {
  await using env = await setUp()
  env.configMaps.set('cfg', { a: 'one' })
  const subject = pod({ configMap: { name: 'cfg', defaultMode: 0o600 } })
  const hostPath = (await env.manager.mountPod(subject, env.signal)).get('v')?.hostPath as string
  assert.deepEqual([await readFile(join(hostPath, 'a'), 'utf8'), await modeOf(join(hostPath, 'a'))], ['one', '600'])
  env.configMaps.set('cfg', { a: 'two' })
  env.changed()
  await env.clock.advance(50)
  for (let turn = 0; turn < 100 && (await readFile(join(hostPath, 'a'), 'utf8')) !== 'two'; turn++)
    await new Promise(setImmediate)
  assert.equal(await readFile(join(hostPath, 'a'), 'utf8'), 'two')
  await env.manager.unmountPod('uid-1', env.signal)
  assert.deepEqual([await env.manager.podsWithVolumes(), env.listeners.size], [[], 0])
})

const refused: [string, Omit<Volume, 'name'>, string][] = [
  [
    'a missing ConfigMap',
    { configMap: { name: 'no' } },
    'MountVolume.SetUp failed for volume "v" : configmap "no" not found',
  ],
  [
    'a missing Secret',
    { secret: { secretName: 'no' } },
    'MountVolume.SetUp failed for volume "v" : secret "no" not found',
  ],
  [
    'a missing key',
    { configMap: { name: 'cfg', items: [{ key: 'z', path: 'z' }] } },
    'MountVolume.SetUp failed for volume "v" : references non-existent config key: z',
  ],
  [
    'a host path of another type',
    { hostPath: { path: '/etc', type: 'File' } },
    'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /etc is not a file',
  ],
  [
    'a missing claim',
    { persistentVolumeClaim: { claimName: 'no' } },
    'MountVolume.SetUp failed for volume "v" : persistentvolumeclaim "no" not found',
  ],
  [
    'an unknown kind',
    { nfs: { server: 'a', path: '/b' } },
    'MountVolume.SetUp failed for volume "v" : no volume plugin matched',
  ],
]

for (const [what, volume, message] of refused) {
  test(`volumes: ${what} is refused in upstream's words`, asRoot, async () => {
    await using env = await setUp()
    env.configMaps.set('cfg', { a: 'one' })
    await assert.rejects(env.manager.mountPod(pod(volume), env.signal), { message })
  })
}

test('volumes: an optional object may be missing', asRoot, async () => {
  await using env = await setUp()
  const mounted = await env.manager.mountPod(pod({ configMap: { name: 'no', optional: true } }), env.signal)
  assert.ok(mounted.get('v'))
})

test('volumes: an emptyDir in memory is a tmpfs of its size, and a second mount leaves it alone', asRoot, async () => {
  await using env = await setUp()
  const subject = pod({ emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } })
  const hostPath = (await env.manager.mountPod(subject, env.signal)).get('v')?.hostPath as string
  await writeFile(join(hostPath, 'kept'), 'x')
  await env.manager.mountPod(subject, env.signal)
  assert.equal(await readFile(join(hostPath, 'kept'), 'utf8'), 'x')
  await assert.rejects(writeFile(join(hostPath, 'big'), Buffer.alloc(2 * 1024 * 1024)), { code: 'ENOSPC' })
})

test('volumes: fsGroup owns what is in the volume', asRoot, async () => {
  await using env = await setUp()
  const subject = pod({ emptyDir: {} }, { securityContext: { fsGroup: 1234 } })
  const hostPath = (await env.manager.mountPod(subject, env.signal)).get('v')?.hostPath as string
  assert.deepEqual([(await stat(hostPath)).gid, await modeOf(hostPath)], [1234, '2777'])
})

/** Waits until a file reads so, five seconds of a busy machine at most. */
async function becomes(read: () => Promise<string>, text: string): Promise<void> {
  const deadline = performance.now() + 5_000
  while ((await read()) !== text && performance.now() < deadline) await new Promise(setImmediate)
  assert.equal(await read(), text)
}

test(
  'volumes: a token is private to the user who runs the pod, kept, and renewed before it expires',
  asRoot,
  async () => {
    await using env = await setUp()
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ]
    const subject = pod({ projected: { sources } }, { securityContext: { runAsUser: 1000 } }, { app: 'x' })
    const hostPath = (await env.manager.mountPod(subject, env.signal)).get('v')?.hostPath as string
    const read = (name: string) => readFile(join(hostPath, name), 'utf8')
    assert.deepEqual(
      [
        await read('token'),
        await read('labels'),
        await modeOf(join(hostPath, 'token')),
        (await stat(join(hostPath, 'token'))).uid,
      ],
      ['token-1', 'app="x"', '600', 1000],
    )
    await env.manager.mountPod(subject, env.signal)
    assert.equal(await read('token'), 'token-1')
    await env.clock.advance(0.8 * 3_600_000 + 1000)
    await becomes(() => read('token'), 'token-2')
  },
)

test(
  'volumes: files follow the labels of a pod that runs, also of one set up by an earlier kubelet',
  asRoot,
  async () => {
    await using env = await setUp()
    const volume = { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }
    const labelled = (app: string) => pod(volume, {}, { app })
    const hostPath = (await env.manager.mountPod(labelled('x'), env.signal)).get('v')?.hostPath as string
    const labels = () => readFile(join(hostPath, 'labels'), 'utf8')
    env.manager.keepPod(labelled('y'))
    await env.clock.advance(50)
    await becomes(labels, 'app="y"')
    env.manager.close() // as a restarted kubelet begins: with pods that it does not know
    env.manager.keepPod(labelled('z'))
    await env.clock.advance(50)
    await becomes(labels, 'app="z"')
  },
)

test('volumes: a subPath shows a directory of the volume, and no link leads outside', asRoot, async () => {
  await using env = await setUp()
  const volume = (await env.manager.mountPod(pod({ emptyDir: {} }), env.signal)).get('v') as {
    hostPath: string
    readOnly: boolean
  }
  const request = { podUid: 'uid-1', containerName: 'c', mountIndex: 0, volumeName: 'v', volume, subPath: 'a/b' }
  const target = await env.manager.prepareSubPath(request, env.signal)
  await writeFile(join(volume.hostPath, 'a/b/f'), 'x')
  assert.equal(await readFile(join(target, 'f'), 'utf8'), 'x')
  await symlink('/etc', join(volume.hostPath, 'out'))
  await assert.rejects(
    env.manager.prepareSubPath({ ...request, mountIndex: 1, subPath: 'out' }, env.signal),
    /not within volume path/,
  )
  await env.manager.unmountPod('uid-1', env.signal)
  assert.deepEqual(await hostMounts.below(join(env.directory, 'pods')), [])
})
