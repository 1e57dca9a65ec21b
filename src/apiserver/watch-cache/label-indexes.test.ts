import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LabelIndexes } from './label-indexes.ts'
import { SortedObjects } from './sorted-objects.ts'
import { encodeStored, StoredObject } from './stored-value.ts'

const object = (name: string, app: string, revision = 1) =>
  new StoredObject(
    `/registry/pods/a/${name}`,
    encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'a', labels: { app } } }),
    revision,
  )

/** 300 objects, of which every third is of the app `web`. */
function world() {
  const objects = new SortedObjects()
  for (let n = 0; n < 300; n++) objects.set(object(`p${String(n).padStart(3, '0')}`, n % 3 === 0 ? 'web' : 'db'))
  const indexes = new LabelIndexes({
    size: () => objects.size,
    get: (key) => objects.get(key),
    snapshot: () => ({ [Symbol.iterator]: () => objects.snapshot().between('', '\u{10ffff}') }),
  })
  const names = (app: string) => indexes.find('app', app)?.map(({ name }) => name)
  const put = (next: StoredObject) => {
    indexes.replace(objects.get(next.key), next)
    objects.set(next)
  }
  return { objects, indexes, names, put }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a label that is asked for again and again gets an index, which follows the objects', async () => {
  const { names, put } = world()
  assert.deepEqual([names('web'), names('web'), names('web')], [undefined, undefined, undefined])
  await turn()
  assert.equal(names('web')?.length, 100)
  assert.deepEqual(names('none'), [])
  put(object('p000', 'db', 2))
  put(object('p001', 'web', 2))
  assert.deepEqual([names('web')?.length, names('web')?.slice(0, 2)], [100, ['p001', 'p003']])
})

test('what is written while an index is built is in it as it was written last', async () => {
  const { names, put } = world()
  for (let asked = 0; asked < 3; asked++) names('web')
  put(object('p299', 'web', 2))
  put(object('p000', 'db', 2))
  await turn()
  assert.deepEqual([names('web')?.length, names('web')?.at(-1), names('web')?.[0]], [100, 'p299', 'p003'])
})

test('few labels have an index: the one not asked for longest loses it', async () => {
  const { indexes, names } = world()
  for (const label of ['app', 'one', 'two', 'three']) for (let n = 0; n < 3; n++) indexes.find(label, 'x')
  await turn()
  assert.equal(names('web')?.length, 100)
  for (let n = 0; n < 3; n++) indexes.find('four', 'x')
  await turn()
  assert.equal(names('web')?.length, 100)
  assert.equal(indexes.find('one', 'x'), undefined)
})

test('few objects need no index', async () => {
  const objects = new SortedObjects()
  objects.set(object('p', 'web'))
  const indexes = new LabelIndexes({ size: () => objects.size, get: () => undefined, snapshot: () => [] })
  for (let n = 0; n < 5; n++) indexes.find('app', 'web')
  await turn()
  assert.equal(indexes.find('app', 'web'), undefined)
})
