import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Connection } from './connection.ts'
import { tokenFromFile } from './token-file.ts'

interface Cluster {
  readonly server?: string
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'tls-server-name'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
}

interface User {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly exec?: unknown
  readonly 'auth-provider'?: unknown
}

interface Context {
  readonly cluster: string
  readonly user: string
  readonly namespace?: string
}

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly clusters?: readonly { readonly name: string; readonly cluster: Cluster }[]
  readonly contexts?: readonly { readonly name: string; readonly context: Context }[]
  readonly users?: readonly { readonly name: string; readonly user: User }[]
}

/**
 * The connection that a kubeconfig file describes, by its current context or the one named. Relative paths in it start at
 * its folder. Throws an Error that names what is missing.
 */
export async function loadKubeconfig(file: string, contextName?: string): Promise<Connection> {
  const { parse } = await import('yaml')
  const config = parse(await readFile(file, 'utf8')) as Kubeconfig
  const wanted = contextName ?? config['current-context'] ?? ''
  const { context } = found(config.contexts, wanted, `${file} has no context`)
  const { cluster } = found(config.clusters, context.cluster, `${file} has no cluster`)
  const { user } = found(config.users, context.user, `${file} has no user`)
  return connectionOf(cluster, user, context, dirname(file))
}

function found<E extends { readonly name: string }>(entries: readonly E[] | undefined, name: string, why: string): E {
  const entry = entries?.find((candidate) => candidate.name === name)
  if (!entry) throw new Error(`${why} "${name}"`)
  return entry
}

async function connectionOf(cluster: Cluster, user: User, { namespace }: Context, folder: string): Promise<Connection> {
  if (!cluster.server) throw new Error('the cluster of the kubeconfig has no server')
  if (user.exec || user['auth-provider']) throw new Error('credential plugins of a kubeconfig are not supported')
  const ca = await pem(cluster['certificate-authority-data'], cluster['certificate-authority'], folder)
  const clientCert = await pem(user['client-certificate-data'], user['client-certificate'], folder)
  const clientKey = await pem(user['client-key-data'], user['client-key'], folder)
  const { token, tokenFile } = user
  const readToken = tokenFile ? tokenFromFile(resolve(folder, tokenFile)) : token && (async () => token)
  return {
    server: cluster.server.replace(/\/$/, ''),
    ...(ca && { ca }),
    ...(clientCert && { clientCert }),
    ...(clientKey && { clientKey }),
    ...(cluster['tls-server-name'] && { serverName: cluster['tls-server-name'] }),
    ...(cluster['insecure-skip-tls-verify'] && { insecure: true }),
    ...(readToken && { token: readToken }),
    ...(namespace && { namespace }),
  }
}

/** Inline data wins over a file, as in kubectl. */
async function pem(data: string | undefined, file: string | undefined, folder: string): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8')
  return file ? readFile(resolve(folder, file), 'utf8') : undefined
}
