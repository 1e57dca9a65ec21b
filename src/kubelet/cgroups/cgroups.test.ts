import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerOf, podOf } from '../../testing/kubelet-builders.ts'
import { cgroupV1Mounts, controllerFiles } from './cgroup-host.ts'
import { CgroupTree } from './cgroup-tree.ts'
import { quotaOf, sharesOf, weightOf } from './cpu-shares.ts'
import { podCgroupResources, podTotal } from './pod-resources.ts'
import { oomScoreAdjust, qosClassOf } from './qos.ts'

const sized = (name: string, requests: Record<string, string>, limits: Record<string, string> = {}) =>
  containerOf(name, { resources: { requests, limits } })
const full = { cpu: '1', memory: '1Gi' }

const classes = [
  { what: 'nothing asked', containers: [containerOf('a')], want: 'BestEffort' },
  { what: 'limits equal to requests', containers: [sized('a', full, full)], want: 'Guaranteed' },
  { what: 'limits alone count as requests', containers: [sized('a', {}, full)], want: 'Guaranteed' },
  {
    what: 'the same amount in other words',
    containers: [sized('a', { cpu: '1000m', memory: '1Gi' }, full)],
    want: 'Guaranteed',
  },
  { what: 'one container without', containers: [sized('a', full, full), containerOf('b')], want: 'Burstable' },
  { what: 'requests alone', containers: [sized('a', { cpu: '1' })], want: 'Burstable' },
] as const

for (const { what, containers, want } of classes) {
  test(`the class of a pod: ${what}`, () => assert.equal(qosClassOf(podOf({ containers: [...containers] })), want))
}

test('the class decides where the pod is in the hierarchy', () => {
  const tree = new CgroupTree({ version: 2, mounts: [] }, 'navarch-x')
  assert.equal(tree.pathOf(podOf()), '/navarch-x/kubepods/besteffort/podu1')
  assert.equal(tree.pathOf(podOf({ containers: [sized('a', full, full)] })), '/navarch-x/kubepods/podu1')
})

test('init containers count by their peak, sidecars throughout', () => {
  const pod = podOf({
    initContainers: [{ ...sized('side', { cpu: '100m' }), restartPolicy: 'Always' }, sized('init', { cpu: '900m' })],
    containers: [sized('main', { cpu: '500m' })],
  })
  assert.equal(podTotal(pod, 'requests', 'cpu'), 1000)
})

test('a pod is limited where all its containers are', () => {
  const limited = podOf({
    containers: [sized('a', { cpu: '500m' }, { cpu: '1', memory: '1Mi' }), sized('b', {}, { cpu: '1' })],
  })
  assert.deepEqual(podCgroupResources(limited), { cpuShares: 512, cpuQuota: 200_000 })
})

test('the out-of-memory score follows the class and the request', () => {
  const score = (container: ReturnType<typeof containerOf>) =>
    oomScoreAdjust(podOf({ containers: [container] }), container, 1000)
  assert.equal(score(containerOf('a')), 1000)
  assert.equal(score(sized('a', full, full)), -997)
  assert.equal(score(sized('a', { memory: '500' })), 500)
  assert.equal(score(sized('a', { cpu: '1' })), 999)
})

test('CPU in kernel units', () => {
  assert.deepEqual([sharesOf(0), sharesOf(1000), quotaOf(0), quotaOf(5), quotaOf(1500)], [2, 1024, 0, 1000, 150_000])
  assert.deepEqual([weightOf(2), weightOf(1024), weightOf(262_144)], [1, 39, 10_000])
})

test('limits are written to the files that each version has', () => {
  const v1 = { version: 1, mounts: [{ path: '/c/memory', controllers: ['memory'] }] } as const
  const v2 = { version: 2, mounts: [{ path: '/c', controllers: [] }] } as const
  const resources = { cpuShares: 1024, cpuQuota: 50_000, memoryLimitBytes: 4096 }
  assert.deepEqual(controllerFiles(v1, resources), [
    { mount: '/c/memory', file: 'memory.limit_in_bytes', value: '4096' },
  ])
  assert.deepEqual(
    controllerFiles(v2, resources).map(({ file, value }) => `${file}=${value}`),
    ['cpu.weight=39', 'cpu.max=50000 100000', 'memory.max=4096'],
  )
})

test('v1 hierarchies are found among the mounts, hybrid hosts included', () => {
  const mountinfo = [
    '1 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '2 0 0:2 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
    '3 0 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n')
  assert.deepEqual(cgroupV1Mounts(mountinfo), [
    { path: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
    { path: '/sys/fs/cgroup/systemd', controllers: [] },
    { path: '/sys/fs/cgroup/unified', controllers: [] },
  ])
})
