import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { probeGrpc } from './grpc-health.ts'

const SERVING = 'SERVING'
const NOT_SERVING = 'NOT_SERVING'
const statuses = new Map([
  ['', SERVING],
  ['draining', NOT_SERVING],
])

const healthy = new Server()
const other = new Server()
const ports = { healthy: 0, other: 0 }

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )

before(async () => {
  const definition = loadSync(new URL('./health.proto', import.meta.url).pathname, { enums: String })
  const { grpc } = loadPackageDefinition(definition) as never as {
    grpc: { health: { v1: { Health: { service: never } } } }
  }
  type Call = { request: { service: string } }
  healthy.addService(grpc.health.v1.Health.service, {
    // A service of another name never answers.
    Check: ({ request }: Call, answer: (error: null, reply: { status: string }) => void) => {
      const status = statuses.get(request.service)
      if (status) answer(null, { status })
    },
  })
  ports.healthy = await listen(healthy)
  ports.other = await listen(other)
})

after(() => {
  healthy.forceShutdown()
  other.forceShutdown()
})

const cases: readonly {
  readonly what: string
  readonly port: () => number
  readonly service?: string
  readonly verdict: string
  readonly output: (port: number) => string
}[] = [
  { what: 'is healthy', port: () => ports.healthy, verdict: 'success', output: () => 'service healthy' },
  {
    what: 'does not serve now',
    port: () => ports.healthy,
    service: 'draining',
    verdict: 'failure',
    output: () => 'service unhealthy (responded with "NOT_SERVING")',
  },
  {
    what: 'does not answer in time',
    port: () => ports.healthy,
    service: 'slow',
    verdict: 'failure',
    output: () => 'timeout: health rpc did not complete within 300ms',
  },
  {
    what: 'is not there',
    port: () => 1,
    verdict: 'failure',
    output: (port) => `timeout: failed to connect service "127.0.0.1:${port}" within 300ms: context deadline exceeded`,
  },
]

for (const { what, port, service = '', verdict, output } of cases) {
  test(`a gRPC service that ${what} is a ${verdict}`, async () => {
    const outcome = await probeGrpc('127.0.0.1', port(), service, 300, AbortSignal.timeout(5000))
    assert.deepEqual(outcome, { verdict, output: output(port()) })
  })
}

test('a gRPC server without the health service says so', async () => {
  const { verdict, output } = await probeGrpc('127.0.0.1', ports.other, '', 300, AbortSignal.timeout(5000))
  assert.equal(verdict, 'failure')
  assert.match(output, /^error: this server does not implement the grpc health protocol \(grpc\.health\.v1\.Health\): /)
})
