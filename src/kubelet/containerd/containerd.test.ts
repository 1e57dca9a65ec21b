import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerdConfig } from './containerd-config.ts'
import { hasCapability } from './host-facts.ts'
import { containerEvent } from './task-events.ts'
import { mountPointsBelow } from './teardown.ts'

const paths = {
  root: '/d/root',
  state: '/r/state',
  socket: '/r/c.sock',
  cniConfDir: '/d/cni',
  registryConfigDir: '/d/certs.d',
}

test('the configuration follows what the host allows', () => {
  const host = { mayLowerOomScore: false, snapshotter: 'native', cniBinDir: '/usr/lib/cni' } as const
  const text = containerdConfig({ paths, host, sandboxImage: 'navarch.io/pause:1', cgroupDriver: 'cgroupfs' })
  for (const line of [
    'version = 2',
    'address = "/r/c.sock"',
    'restrict_oom_score_adj = true',
    'snapshotter = "native"',
    'sandbox_image = "navarch.io/pause:1"',
    'bin_dir = "/usr/lib/cni"',
    'config_path = "/d/certs.d"',
    'SystemdCgroup = false',
  ]) {
    assert.ok(text.split('\n').includes(line), line)
  }
})

test('capabilities are read from /proc/self/status', () => {
  assert.equal(hasCapability('CapEff:\t000001fffeffffff\n', 24n), false)
  assert.equal(hasCapability('CapEff:\t000001ffffffffff\n', 24n), true)
})

const field = (number: number, text: string) => Buffer.from([(number << 3) | 2, text.length, ...Buffer.from(text)])

test('the end of a container is an event, the end of an exec in it is not', () => {
  const container = Buffer.concat([field(1, 'abc'), field(2, 'abc')])
  const exec = Buffer.concat([field(1, 'abc'), field(2, 'exec-1')])
  assert.deepEqual(containerEvent('/tasks/exit', container), { containerId: 'abc', kind: 'stopped' })
  assert.equal(containerEvent('/tasks/exit', exec), undefined)
})

test('mounts are taken away from the inside out', () => {
  const mountinfo = '1 0 0:1 / /d/root/a rw\n2 1 0:2 / /d/root/a/b\\040c rw\n3 0 0:3 / /d/rooted rw\n'
  assert.deepEqual(mountPointsBelow(mountinfo, ['/d/root']), ['/d/root/a/b c', '/d/root/a'])
})
