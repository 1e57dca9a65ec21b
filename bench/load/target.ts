import type { ConnectionOptions } from 'node:tls'
import { loadKubeconfig } from '../../src/client/kubeconfig.ts'

/** Where requests go, and what is shown and trusted there. Plain data: it is handed to other processes. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>
  readonly token?: string
}

/** The server of a kubeconfig's current context. */
export async function targetOf(file: string): Promise<Target> {
  const { server, ca, clientCert, clientKey, serverName, insecure, token } = await loadKubeconfig(file)
  const { hostname, port } = new URL(server)
  return {
    host: hostname,
    port: Number(port || 443),
    tls: {
      ...(ca && { ca }),
      ...(clientCert && { cert: clientCert }),
      ...(clientKey && { key: clientKey }),
      ...(serverName && { servername: serverName }),
      ...(insecure && { rejectUnauthorized: false }),
    },
    ...(token && { token: await token() }),
  }
}
