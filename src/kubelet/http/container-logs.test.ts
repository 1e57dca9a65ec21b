import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { accessFor } from './access.ts'
import { containerLog, logOptions } from './container-logs.ts'

const line = (text: string, { stream = 'stdout', tag = 'F', second = 0 } = {}): string =>
  `2026-01-01T00:00:0${second}.000000000Z ${stream} ${tag} ${text}\n`

async function withLog(contents: string, use: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-logs-'))
  try {
    const path = join(directory, '0.log')
    await writeFile(path, contents)
    await use(path)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const ended = { stillRunning: async () => false }

async function read(path: string, query: string, follower = ended): Promise<string> {
  const options = logOptions(new URLSearchParams(query), Date.UTC(2026, 0, 1, 0, 0, 10))
  const chunks: Buffer[] = []
  for await (const chunk of containerLog(path, options, follower, AbortSignal.timeout(5000))) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const three = line('a') + line('b', { stream: 'stderr', second: 1 }) + line('c', { second: 2 })

const cases: [what: string, contents: string, query: string, want: string][] = [
  ['everything', three, '', 'a\nb\nc\n'],
  ['the last two lines', three, 'tailLines=2', 'b\nc\n'],
  ['more lines than there are', three, 'tailLines=9', 'a\nb\nc\n'],
  ['no line', three, 'tailLines=0', ''],
  ['so many bytes', three, 'limitBytes=3', 'a\nb'],
  ['timestamps', line('a'), 'timestamps=true', '2026-01-01T00:00:00.000000000Z a\n'],
  ['lines since a time', three, 'sinceTime=2026-01-01T00:00:01Z', 'b\nc\n'],
  ['lines of the last seconds', three, 'sinceSeconds=8', 'c\n'],
  ['one stream', three, 'stream=Stderr', 'b\n'],
  ['a long line in parts', line('ab', { tag: 'P' }) + line('cd'), '', 'abcd\n'],
  ['a line that is still being written', `${line('a')}2026-01-01T00`, '', 'a\n'],
]

for (const [what, contents, query, want] of cases) {
  test(`container log: ${what}`, () => withLog(contents, async (path) => assert.equal(await read(path, query), want)))
}

test('container log: the tail of a long file is found from its end', () =>
  withLog(Array.from({ length: 20_000 }, (_, index) => line(`${index}`)).join(''), async (path) => {
    assert.equal(await read(path, 'tailLines=2'), '19998\n19999\n')
  }))

test('container log: following goes on through a rotation and stops with the container', () =>
  withLog(line('a'), async (path) => {
    const steps = [
      () => appendFile(path, line('b')),
      async () => {
        await rename(path, `${path}.old`)
        await writeFile(path, line('c'))
      },
    ]
    const stillRunning = async (): Promise<boolean> => {
      const step = steps.shift()
      if (step) await step()
      return step !== undefined
    }
    assert.equal(await read(path, 'follow=true', { stillRunning }), 'a\nb\nc\n')
  }))

test('container log: bad options are refused in words', () => {
  for (const query of [
    'tailLines=-1',
    'limitBytes=0',
    'tailLines=x',
    'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
  ]) {
    assert.throws(() => logOptions(new URLSearchParams(query), 0), { code: 400 })
  }
})

test('kubelet access: paths stand for subresources of the node, and proxy for all', () => {
  assert.deepEqual(accessFor('GET', '/stats/summary'), { verb: 'get', subresources: ['stats', 'proxy'] })
  assert.deepEqual(accessFor('POST', '/exec/a/b/c'), { verb: 'create', subresources: ['proxy'] })
})
