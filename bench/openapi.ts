import { customDefinition, establish } from '../src/testing/custom-definition.ts'
import { type HttpRequest, Protocol, startHttpsApi } from '../src/testing/https-api.ts'

/*
 * OpenAPI and discovery documents over HTTPS: made for the first time, out of the cache, and after one more definition.
 * `tools/run bench/openapi.ts`
 */

const ROUNDS = 200
const JSON_TYPE = { accept: 'application/json' }
const PROTOBUF = { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' }
const GZIP = { 'accept-encoding': 'gzip' }

const requests: readonly (readonly [what: string, request: HttpRequest])[] = [
  ['v2, JSON, gzip', { path: '/openapi/v2', headers: { ...JSON_TYPE, ...GZIP } }],
  ['v2, protobuf, gzip', { path: '/openapi/v2', headers: { ...PROTOBUF, ...GZIP } }],
  ['v2, JSON, plain', { path: '/openapi/v2', headers: JSON_TYPE }],
  ['v3 index', { path: '/openapi/v3', headers: JSON_TYPE }],
  ['v3 apps/v1, gzip', { path: '/openapi/v3/apis/apps/v1', headers: { ...JSON_TYPE, ...GZIP } }],
  [
    'aggregated discovery',
    { path: '/apis', headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } },
  ],
]

await using api = await startHttpsApi()

async function timed(request: HttpRequest): Promise<number> {
  const start = performance.now()
  const { status, chunks } = await api.open(Protocol.Http1, request)
  if (status !== 200) throw new Error(`${request.path}: ${status}`)
  for await (const _ of chunks) {
    // what the client makes of it is not ours to measure
  }
  return performance.now() - start
}

/** Median of the time, average of the processor time; client and server are one process. */
async function again(request: HttpRequest): Promise<{ ms: number; cpuMs: number }> {
  const times: number[] = []
  const used = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(request))
  const { user, system } = process.cpuUsage(used)
  const ms = times.sort((left, right) => left - right)[ROUNDS / 2] as number
  return { ms, cpuMs: (user + system) / 1000 / ROUNDS }
}

const rounded = (ms: number): number => Number(ms.toFixed(2))

await timed({ path: '/version' }) // opens the connection
const rows: Record<string, object> = {}
for (const [index, [what, request]] of requests.entries()) {
  const first = await timed(request)
  const { ms, cpuMs } = await again(request)
  await establish(api, customDefinition({ names: { plural: `thing${index}s`, kind: `Thing${index}` } }))
  rows[what] = {
    'first, ms': rounded(first),
    'again, ms': rounded(ms),
    'again, processor ms': rounded(cpuMs),
    'one more kind, ms': rounded(await timed(request)),
  }
}
console.table(rows)
