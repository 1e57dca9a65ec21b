import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customClient, customDefinition, customObject, establish } from '../../testing/custom-definition.ts'
import { type HttpRequest, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const widgets = '/apis/example.com/v1/namespaces/ns/widgets'
const json = { 'content-type': 'application/json' }
const merge = { 'content-type': 'application/merge-patch+json' }

const refused: readonly (HttpRequest & { what: string; code: number; message: string })[] = [
  {
    what: 'a new object without a kind',
    method: 'POST',
    path: widgets,
    headers: json,
    body: '{"metadata":{"name":"b"}}',
    code: 400,
    message: `the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '{"metadata":{"name":"b"}}' ({"metadata":{"name":"b"}})`,
  },
  {
    what: 'a new object without an apiVersion',
    method: 'POST',
    path: widgets,
    headers: json,
    body: '{"kind":"Widget","metadata":{"name":"b"}}',
    code: 400,
    message: 'the API version in the data () does not match the expected API version (example.com/v1)',
  },
  {
    what: 'a patch that removes the kind',
    method: 'PATCH',
    path: `${widgets}/a`,
    headers: merge,
    body: '{"kind":null,"metadata":null}',
    code: 422,
    message: ` "" is invalid: patch: Invalid value: "{\\"apiVersion\\":\\"example.com/v1\\"}": Object 'Kind' is missing in '{"apiVersion":"example.com/v1"}'`,
  },
  {
    what: 'a method that is no verb',
    method: 'OPTIONS',
    path: widgets,
    code: 405,
    message: ' is not supported on resources of kind "widgets.example.com"',
  },
  {
    what: 'a verb that a subresource does not have',
    method: 'DELETE',
    path: `${widgets}/a/status`,
    code: 405,
    message: 'delete is not supported on resources of kind "widgets.example.com"',
  },
  {
    what: 'a subresource that is not there',
    path: `${widgets}/a/scale`,
    code: 404,
    message: 'widgets.example.com "a" not found',
  },
  {
    what: 'an update of no object in particular',
    method: 'PUT',
    path: widgets,
    headers: json,
    body: '{}',
    code: 400,
    message: 'name must be provided',
  },
]

for (const { what, code, message, ...request } of refused) {
  test(`custom resources: ${what} is refused with ${code}`, async () => {
    await using api = await startHttpsApi()
    await establish(api, customDefinition({ versions: [{ subresources: { status: {} } }] }))
    await customClient(api).create(customObject('a'))
    const { status, text } = await api.send(Protocol.Http1, request)
    assert.deepEqual([status, JSON.parse(text).message], [code, message])
  })
}

test('custom resources: an object sent to the path of another is created', async () => {
  await using api = await startHttpsApi()
  await establish(api, customDefinition())
  const body = JSON.stringify(customObject('b'))
  const { status } = await api.send(Protocol.Http1, { method: 'POST', path: `${widgets}/a`, headers: json, body })
  assert.equal(status, 201)
  assert.equal((await customClient(api).get({ namespace: 'ns', name: 'b' })).metadata.name, 'b')
})
