import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Target } from './load.ts'

/** The server and client certificate of a kubeconfig's first cluster and user. */
export function targetOf(file: string): Target {
  const config = parse(readFileSync(file, 'utf8'))
  const { cluster } = config.clusters[0]
  const { user } = config.users[0]
  const data = (name: string, from: Record<string, string>) => Buffer.from(from[name] ?? '', 'base64')
  const tls = {
    ca: data('certificate-authority-data', cluster),
    cert: data('client-certificate-data', user),
    key: data('client-key-data', user),
  }
  return { origin: cluster.server, tls }
}
