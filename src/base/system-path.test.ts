import assert from 'node:assert/strict'
import { test } from 'node:test'
import { programDirectories, systemEnvironment } from './system-path.ts'

const SYSTEM = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

const cases: [path: string, directories: string[]][] = [
  ['', SYSTEM],
  ['/opt/bin', ['/opt/bin', ...SYSTEM]],
  ['/bin::/opt/bin', ['/bin', '/opt/bin', ...SYSTEM.slice(0, -1)]],
]

for (const [path, directories] of cases) {
  test(`programs are looked for in '${path}' and where the system has its own`, () => {
    assert.deepEqual(programDirectories(path), directories)
  })
}

test('a program of the host gets the environment with all of these directories', () => {
  const { PATH, HOME } = systemEnvironment()
  assert.deepEqual(PATH?.split(':'), programDirectories())
  assert.equal(HOME, process.env.HOME)
})
