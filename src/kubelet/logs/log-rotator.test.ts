import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { LogRotator } from './log-rotator.ts'

const CHECK_MS = 10_000

/** A rotator at work over one container, whose runtime opens a new file when it is asked to. */
async function rotating(maxBytes: number) {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-rotation-'))
  const path = join(directory, '0.log')
  const clock = new FakeClock()
  const stop = new AbortController()
  const looked = { resolve: (): void => {} }
  const rotator = new LogRotator({
    runtime: {
      listContainers: async () => [{ id: 'c1' }] as never,
      containerStatus: async () => ({ logPath: path }) as never,
      reopenContainerLog: async () => {
        await writeFile(path, '')
        looked.resolve()
      },
    },
    containers: () => true,
    maxBytes,
    clock,
    log: silentLogger,
  })
  const running = rotator.run(stop.signal)
  return {
    path,
    directory,
    /** Lets a check pass that finds something to rotate. */
    async rotate(): Promise<void> {
      const rotated = new Promise<void>((resolve) => Object.assign(looked, { resolve }))
      await clock.advance(CHECK_MS)
      await rotated
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await rm(directory, { recursive: true, force: true })
    },
  }
}

test('a log that has grown large is put aside, and four old files are kept', async () => {
  await using log = await rotating(10)
  for (const number of [1, 2, 3, 4, 5, 6]) {
    await writeFile(log.path, `contents ${number}`)
    await log.rotate()
  }
  const names = (await readdir(log.directory)).sort()
  assert.deepEqual(names, ['0.log', '0.log.1', '0.log.2', '0.log.3', '0.log.4'])
  const contents = await Promise.all(names.map((name) => readFile(join(log.directory, name), 'utf8')))
  assert.deepEqual(contents, ['', 'contents 6', 'contents 5', 'contents 4', 'contents 3'])
})
