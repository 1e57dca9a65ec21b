import { readFile } from 'node:fs/promises'
import type { Connection } from './connection.ts'
import { tokenFromFile } from './token-file.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The connection of a process in a pod, from its service account's files. Throws when it is not in one. */
export async function inClusterConnection(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = SERVICE_ACCOUNT,
): Promise<Connection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) throw new Error('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: not in a pod')
  const [ca, namespace] = await Promise.all([
    readFile(`${folder}/ca.crt`, 'utf8'),
    readFile(`${folder}/namespace`, 'utf8'),
  ])
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { server, ca, namespace: namespace.trim(), token: tokenFromFile(`${folder}/token`) }
}
