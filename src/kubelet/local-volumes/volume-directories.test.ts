import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { VolumeDirectories } from './volume-directories.ts'

const NAME = 'pvc-0b7ac1b2-3c4d-4e5f-8a9b-0c1d2e3f4a5b'
const { signal } = new AbortController()

async function setup(t: TestContext, mounted: readonly string[] = []) {
  const base = await mkdtemp(join(tmpdir(), 'local-volumes-'))
  t.after(() => rm(base, { recursive: true }))
  const root = join(base, 'volumes')
  const directories = new VolumeDirectories({ root, mounts: { below: () => Promise.resolve(mounted) } })
  return { base, root, path: join(root, NAME), directories }
}

test('a volume is open to every user, its root to its owner alone', async (t) => {
  const { root, path, directories } = await setup(t)
  await directories.prepare(path)
  assert.deepEqual(
    [root, path].map((at) => (statSync(at).mode & 0o777).toString(8)),
    ['700', '777'],
  )
})

test('a volume goes with all that is in it, and nothing that it links to', async (t) => {
  const { base, root, path, directories } = await setup(t)
  await directories.prepare(path)
  const kept = join(base, 'kept')
  await mkdir(kept)
  await writeFile(join(kept, 'file'), '')
  await mkdir(join(path, 'a', 'b'), { recursive: true })
  await symlink(kept, join(path, 'a', 'link'))
  await directories.remove(path, signal)
  await directories.remove(path, signal) // what is gone is removed
  assert.deepEqual([path, root, join(kept, 'file')].map(existsSync), [false, true, true])
})

test('a link in place of a volume goes, its target stays', async (t) => {
  const { base, root, path, directories } = await setup(t)
  await mkdir(root)
  await symlink(base, path)
  await directories.remove(path, signal)
  assert.deepEqual([existsSync(path), existsSync(root)], [false, true])
})

for (const path of ['/etc', '', `../${NAME}`, `${NAME}/x`, 'pvc-x', '..', '.']) {
  test(`what is not a volume is refused: ${JSON.stringify(path)}`, async (t) => {
    const { root, directories } = await setup(t)
    await assert.rejects(directories.remove(path.startsWith('/') ? path : `${root}/${path}`, signal), /is not a volume/)
  })
}

test('a volume with something mounted inside stays', async (t) => {
  const mounted: string[] = []
  const { path, directories } = await setup(t, mounted)
  await directories.prepare(path)
  mounted.push(join(path, 'disk'))
  await assert.rejects(directories.remove(path, signal), /disk is a mount point/)
  assert.ok(existsSync(path))
})
