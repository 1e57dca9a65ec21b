import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientCertificateAuthenticator } from '../apiserver/authn/client-certificate.ts'
import { loadOrCreatePki } from '../apiserver/pki/pki.ts'
import type { ApiServerOptions } from '../apiserver/server.ts'
import { systemClock } from '../base/clock.ts'
import type { Connection } from '../client/connection.ts'
import type { TestApi } from './api-server.ts'
import { startTestApi } from './api-server.ts'

/** A test API server on loopback with certificates of its own, and how its administrator reaches it. */
export interface CertifiedApi extends TestApi {
  readonly connection: Connection
}

/** `await using api = await startCertifiedApi()`; knows users by their certificates. Takes about 100 ms. */
export async function startCertifiedApi(options: Partial<ApiServerOptions> = {}): Promise<CertifiedApi> {
  const clock = options.clock ?? systemClock
  const directory = await mkdtemp(join(tmpdir(), 'navarch-pki-'))
  const pki = await loadOrCreatePki(directory, { clock, hosts: [] })
  const ca = pki.authority('ca')
  const { cert, key } = pki.apiserver
  const api = await startTestApi({
    authenticator: new ClientCertificateAuthenticator({ authorities: () => ca, clock }),
    listen: { host: '127.0.0.1', port: 0, tls: { cert, key, ca } },
    ...options,
  })
  const server = `https://127.0.0.1:${api.server.address().port}`
  return {
    ...api,
    connection: { server, ca, clientCert: pki.admin.cert, clientKey: pki.admin.key },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}
