import assert from 'node:assert/strict'
import test from 'node:test'
import { UrlQuery } from './query.ts'
import { requestInfo } from './request-info.ts'

const cases: [method: string, url: string, want: string][] = [
  ['GET', '/api/v1/namespaces', 'list namespaces'],
  ['GET', '/api/v1/namespaces/a', 'get namespaces a in a'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update namespaces/finalize a in a'],
  ['GET', '/api/v1/namespaces/a/pods', 'list pods in a'],
  ['GET', '/api/v1/pods?watch=true', 'watch pods'],
  ['GET', '/api/v1/watch/namespaces/a/pods', 'watch pods in a'],
  ['GET', '/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Dp', 'watch pods p in a'],
  ['POST', '/api/v1/namespaces/a/pods/p/exec', 'create pods/exec p in a'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection deployments.apps in a'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch deployments/scale.apps d in a'],
  ['GET', '/api/v1/nodes/n/proxy/metrics', 'get nodes/proxy n → metrics'],
  ['GET', '/api/v1/', 'path get /api/v1/'],
  ['HEAD', '/healthz', 'path head /healthz'],
]

for (const [method, url, want] of cases) {
  test(`${method} ${url} is: ${want}`, () => assert.equal(words(method, url), want))
}

function words(method: string, url: string): string {
  const [path = '', search = ''] = url.split('?')
  const info = requestInfo(method, path, new UrlQuery(search))
  if (info.kind === 'path') return `path ${info.verb} ${info.path}`
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const qualified = info.group === '' ? resource : `${resource}.${info.group}`
  const name = info.name === '' ? '' : ` ${info.name}`
  const where = info.namespace === '' ? '' : ` in ${info.namespace}`
  const rest = info.rest.length === 0 ? '' : ` → ${info.rest.join('/')}`
  return `${info.verb} ${qualified}${name}${where}${rest}`
}
