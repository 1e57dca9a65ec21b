import { randomInt } from 'node:crypto'
import {
  BOOTSTRAPPERS,
  type BootstrapToken,
  TOKEN_NAMESPACE,
  TOKEN_SECRET_TYPE,
  tokenSecretName,
} from '../api/bootstrap-token.ts'
import { CLUSTER_INFO, CLUSTER_INFO_KUBECONFIG } from '../api/cluster-info.ts'
import type { Secret } from '../api/types/core.v1.ts'
import { timestamp } from '../base/clock.ts'
import type { New } from '../client/client.ts'
import type { Client } from '../client/clientset.ts'
import type { Connection } from '../client/connection.ts'
import { authorityHash, joinTokenText } from './agent/join-token.ts'
import { parseGoDuration } from './go-duration.ts'
import type { Given } from './options.ts'
import { asAdministrator } from './token-access.ts'
import { UsageError } from './usage-error.ts'

const DEFAULT_TTL_MS = 24 * 3_600_000
const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

export async function run(given: Given): Promise<number> {
  const ttlMs = ttlOf(given)
  const groups = groupsOf(given)
  const description = given.text('description')
  const token = { id: random(6), secret: random(16) }
  const expiration = ttlMs === 0 ? undefined : timestamp(Date.now() + ttlMs)
  const servers = await asAdministrator(given, async (client, connection) => {
    if (!connection.ca) throw new UsageError('the kubeconfig does not say what the authority of the cluster is.')
    await client.secrets.create(secretOf(token, { expiration, groups, description }))
    process.stdout.write(`${joinTokenText(token, authorityHash(connection.ca))}\n`)
    return serversOf(client, connection)
  })
  process.stderr.write(
    `Put this line into a file on the new host, readable by root alone, and run there:\n\n  navarch agent --token-file FILE${servers.map((server) => ` --server ${server}`).join('')}\n\nIt lets nodes in ${expiration ? `until ${expiration}` : 'until it is deleted'}.\n`,
  )
  return 0
}

function ttlOf(given: Given): number {
  const text = given.text('ttl')
  if (text === undefined) return DEFAULT_TTL_MS
  try {
    const ms = parseGoDuration(text)
    if (ms >= 0) return ms
  } catch {
    // Not a duration: said below.
  }
  throw new UsageError(`--ttl takes a duration like 2h or 30m, or 0 for no end, not '${text}'.`, { exitCode: 2 })
}

function groupsOf(given: Given): string[] {
  const groups = given.texts('groups').flatMap((text) => text.split(',').filter(Boolean))
  const wrong = groups.find((group) => !/^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group))
  if (wrong === undefined) return groups
  throw new UsageError(`--groups takes names that begin with ${BOOTSTRAPPERS}:, not '${wrong}'.`, { exitCode: 2 })
}

const random = (length: number): string =>
  Array.from({ length }, () => CHARACTERS.charAt(randomInt(CHARACTERS.length))).join('')

interface Terms {
  readonly expiration: string | undefined
  readonly groups: readonly string[]
  readonly description: string | undefined
}

function secretOf({ id, secret }: BootstrapToken, { expiration, groups, description }: Terms): New<Secret> {
  return {
    metadata: { name: tokenSecretName(id), namespace: TOKEN_NAMESPACE },
    type: TOKEN_SECRET_TYPE,
    stringData: {
      'token-id': id,
      'token-secret': secret,
      ...(expiration && { expiration }),
      ...(description && { description }),
      ...(groups.length > 0 && { 'auth-extra-groups': groups.join(',') }),
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
    },
  }
}

/** Where nodes reach the cluster: its servers' addresses, else what the cluster says of itself. */
async function serversOf(client: Client, { server }: Connection): Promise<readonly string[]> {
  const { hostname } = new URL(server)
  if (!['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) return [server]
  const { data } = await client.configMaps.get(CLUSTER_INFO)
  const { clusters } = JSON.parse(data?.[CLUSTER_INFO_KUBECONFIG] ?? '{}') as {
    clusters?: { cluster: { server: string } }[]
  }
  return clusters?.map(({ cluster }) => cluster.server) ?? []
}
