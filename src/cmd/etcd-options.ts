import { resolve } from 'node:path'
import type { EtcdConfig } from './cluster/cluster-store.ts'
import type { Given, OptionSpec } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Upstream's options of an API server for its etcd. */
export const etcdOptions: readonly OptionSpec[] = [
  {
    name: 'etcd-servers',
    value: 'URLS',
    multiple: true,
    help: 'keep the state in this etcd cluster, not in a file: https://HOST:PORT of its members, separated by commas',
  },
  { name: 'etcd-cafile', value: 'FILE', help: "the authority that signed etcd's certificates (PEM)" },
  { name: 'etcd-certfile', value: 'FILE', help: 'the client certificate for etcd (PEM)' },
  { name: 'etcd-keyfile', value: 'FILE', help: "the client certificate's key (PEM)" },
  { name: 'etcd-prefix', value: 'PATH', help: 'what the keys in etcd begin with (default /registry)' },
]

const DEFAULT_PREFIX = '/registry'

/** The etcd that the options name; undefined when they name none. Throws a UsageError for options that contradict. */
export function etcdConfigOf(given: Given): EtcdConfig | undefined {
  const servers = given.texts('etcd-servers').flatMap((text) => text.split(',').filter(Boolean))
  const [cafile, certfile, keyfile] = ['etcd-cafile', 'etcd-certfile', 'etcd-keyfile'].map((name) => given.text(name))
  const prefix = given.text('etcd-prefix')
  if (servers.length === 0) {
    const alone = etcdOptions.slice(1).find(({ name }) => given.text(name) !== undefined)
    if (alone) throw wrong(`--${alone.name} needs --etcd-servers`)
    return undefined
  }
  for (const server of servers) requireUrl(server)
  if ((certfile === undefined) !== (keyfile === undefined)) {
    throw wrong('--etcd-certfile and --etcd-keyfile belong together')
  }
  return {
    servers,
    prefix: prefixOf(prefix),
    ...(cafile && { cafile: resolve(cafile) }),
    ...(certfile && { certfile: resolve(certfile) }),
    ...(keyfile && { keyfile: resolve(keyfile) }),
  }
}

function requireUrl(server: string): void {
  if (/^https?:\/\/(\[[\da-f:]+\]|[^/\s:]+)(:\d+)?\/?$/i.test(server)) return
  throw wrong(`--etcd-servers takes https://HOST:PORT or http://HOST:PORT, not '${server}'`)
}

/** As upstream: with a slash before it and none after. */
export function prefixOf(text: string | undefined): string {
  const prefix = (text ?? DEFAULT_PREFIX).replace(/^\/*/, '/').replace(/\/+$/, '')
  if (prefix === '') throw wrong('--etcd-prefix must not be empty: other keys of the same etcd would be taken for ours')
  return prefix
}

const wrong = (sentence: string): UsageError => new UsageError(`${sentence}.`, { exitCode: 2 })
