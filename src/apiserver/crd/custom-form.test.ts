import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomModel } from '../../api/crd/index.ts'
import type { ApiObject } from '../../api/resource.ts'
import { editable } from '../../base/deep-readonly.ts'
import { encodeStored, StoredObject } from '../watch-cache/stored-value.ts'
import { CustomForm, type RemoteConversion } from './custom-form.ts'

const model = {
  stored: (object: ApiObject) => editable(object),
  normalise: (object: ApiObject) => ({ object }),
} as unknown as CustomModel

const stored = (name: string): StoredObject =>
  new StoredObject(
    `/registry/example.com/widgets/a/${name}`,
    encodeStored({ kind: 'Widget', apiVersion: 'example.com/v1', metadata: { name, namespace: 'a' } } as never),
    1,
  )

/** A webhook that fails whatever review has the object `bad` in it, and notes what it was asked. */
function pickyWebhook(asked: string[][]): RemoteConversion {
  return {
    async convert(objects, apiVersion) {
      const names = objects.map(({ metadata }) => metadata.name ?? '')
      asked.push(names)
      if (names.includes('bad')) throw new Error('cannot convert bad')
      return objects.map((object) => ({ ...editable<ApiObject>(object), apiVersion }))
    },
  }
}

const formOf = (conversion: RemoteConversion) =>
  new CustomForm({ group: 'example.com', version: 'v2', storageVersion: 'v1', model: () => model, conversion })

test('objects that are asked for together are converted together, and once', async () => {
  const asked: string[][] = []
  const form = formOf(pickyWebhook(asked))
  const [a, b] = [stored('a'), stored('b')]
  await form.prepare([a, b])
  assert.equal(form.prepare([b]), undefined)
  assert.deepEqual([asked, form.view(b).object().apiVersion], [[['a', 'b']], 'example.com/v2'])
})

test('a list with one object that cannot be converted fails, each time it is asked for', async () => {
  const form = formOf(pickyWebhook([]))
  const all = [stored('a'), stored('bad')]
  await assert.rejects(form.prepare(all) as Promise<void>, /cannot convert bad/)
  await assert.rejects(form.prepare(all) as Promise<void>, /cannot convert bad/)
})

test('an object that is read while such a list fails is read all the same', async () => {
  const asked: string[][] = []
  const form = formOf(pickyWebhook(asked))
  const [good, bad] = [stored('good'), stored('bad')]
  const list = assert.rejects(form.prepare([good, bad]) as Promise<void>, /cannot convert bad/)
  await form.prepare([good])
  await list
  assert.deepEqual([asked, form.view(good).object().apiVersion], [[['good', 'bad'], ['good']], 'example.com/v2'])
  await assert.rejects(form.prepare([bad]) as Promise<void>, /cannot convert bad/)
})
