import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { APIService } from '../api/types/apiregistration.v1.ts'
import type { Service } from '../api/types/core.v1.ts'
import { RemoteService } from '../apiserver/aggregation/remote-service.ts'
import { testAuthority } from './certificates.ts'
import { FakeInformer } from './fake-informer.ts'
import { selfSigned } from './https-api.ts'

export interface AggregatedBackend extends AsyncDisposable {
  readonly port: number
  /** The Service through which it is reached, on loopback. */
  readonly service: Service
  /** Delegates `group/version` to it. */
  apiService(group: string, version: string): APIService
  /** What an aggregator makes of that. */
  remote(group: string, version: string): RemoteService
  close(): Promise<void>
}

export interface BackendHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void
  readonly upgrade?: (request: IncomingMessage, socket: Duplex) => void
}

const NAME = 'backend'
const NAMESPACE = 'ns'

/** A server behind an APIService, over TLS; what it answers is up to the test. `port` to take one again. */
export async function startBackend({ request, upgrade }: BackendHandlers, port = 0): Promise<AggregatedBackend> {
  const tls = await selfSigned([`${NAME}.${NAMESPACE}.svc`])
  const frontProxy = await (await testAuthority()).issue({ commonName: 'front-proxy-client' }, ['client'])
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, request)
  if (upgrade) server.on('upgrade', upgrade)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  const service = {
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: { type: 'ExternalName', externalName: '127.0.0.1' },
  } as Service
  const apiService = (group: string, version: string): APIService =>
    ({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.${group}` },
      spec: {
        group,
        version,
        groupPriorityMinimum: 100,
        versionPriority: 10,
        caBundle: Buffer.from(tls.cert).toString('base64'),
        service: { namespace: NAMESPACE, name: NAME, port: bound },
      },
    }) as APIService
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const listers = { services: new FakeInformer(service).lister, endpointSlices: new FakeInformer<never>().lister }
  return {
    port: bound,
    service,
    apiService,
    remote: (group, version) =>
      new RemoteService(apiService(group, version), { listers, frontProxy: () => frontProxy }),
    close,
    [Symbol.asyncDispose]: close,
  }
}
