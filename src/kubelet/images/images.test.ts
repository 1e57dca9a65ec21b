import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Secret } from '../../api/types/core.v1.ts'
import { bytesToFree } from './image-collector.ts'
import { parseImageReference, withDefaultTag } from './image-reference.ts'
import { importedNames } from './import-images.ts'
import { credentialsFor, keyringOf } from './keyring.ts'
import { hostArchitecture } from './pause-image.ts'
import { pauseProgram } from './pause-program.ts'

test('the pause program waits, and ends with 0 on SIGTERM', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-pause-'))
  try {
    const file = join(directory, 'pause')
    await writeFile(file, pauseProgram(hostArchitecture()), { mode: 0o755 })
    const child = spawn(file)
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
    await new Promise((resolve) => child.once('spawn', resolve))
    // It sleeps once it waits for signals; before, SIGTERM would simply kill it.
    const status = () => readFile(`/proc/${child.pid}/status`, 'utf8')
    while (!/^Name:\tpause\n(?:.*\n)*?State:\tS/.test(await status()))
      await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGCHLD')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, { code: 0, signal: null })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('both architectures have a well-formed executable', () => {
  for (const [architecture, machine] of [
    ['amd64', 62],
    ['arm64', 183],
  ] as const) {
    const program = pauseProgram(architecture)
    assert.deepEqual([program.subarray(0, 4).toString('latin1'), program.readUInt16LE(18)], ['\x7fELF', machine])
  }
})

test('image names get the tag latest when they have neither tag nor digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  assert.equal(withDefaultTag('nginx'), 'nginx:latest')
  assert.equal(withDefaultTag('localhost:5000/a/b'), 'localhost:5000/a/b:latest')
  assert.equal(withDefaultTag('nginx:1.2'), 'nginx:1.2')
  assert.equal(withDefaultTag(`nginx@${digest}`), `nginx@${digest}`)
})

test('a name that is none is refused with the reason', () => {
  const upper =
    'couldn\'t parse image name "Nginx": invalid reference format: repository name (library/Nginx) must be lowercase'
  assert.throws(() => parseImageReference('Nginx'), { message: upper })
  assert.throws(() => parseImageReference('a b'), {
    message: 'couldn\'t parse image name "a b": invalid reference format',
  })
})

function pullSecret(auths: object): Secret {
  const text = Buffer.from(JSON.stringify({ auths })).toString('base64')
  return { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': text } } as unknown as Secret
}

test('pull secrets are matched by registry, path and glob, the most specific first', () => {
  const auth = (user: string) => ({ auth: Buffer.from(`${user}:pw`).toString('base64') })
  const keyring = keyringOf([
    pullSecret({
      'https://index.docker.io/v1/': auth('hub'),
      'reg.example.com': auth('host'),
      'reg.example.com/team': auth('team'),
      '*.corp.example': auth('glob'),
    }),
  ])
  const users = (image: string) => credentialsFor(image, keyring).map(({ username }) => username)
  assert.deepEqual(users('nginx'), ['hub'])
  assert.deepEqual(users('reg.example.com/team/app:1'), ['team', 'host'])
  assert.deepEqual(users('reg.example.com/other/app:1'), ['host'])
  assert.deepEqual(users('a.corp.example/app'), ['glob'])
  assert.deepEqual(users('a.b.corp.example/app'), [])
})

test('the names of imported images are read from what ctr prints', () => {
  assert.deepEqual(importedNames('unpacking a.io/b:1 (sha256:12)...done\nunpacking c:2 (sha256:34)...done\n'), [
    'a.io/b:1',
    'c:2',
  ])
})

test('images are removed from 85 % on, down to 80 %', () => {
  const disk = (availableBytes: number) => ({ capacityBytes: 1000, availableBytes, inodes: 0, inodesFree: 0 })
  assert.deepEqual([bytesToFree(disk(500)), bytesToFree(disk(160)), bytesToFree(disk(100))], [0, 0, 100])
})
