import {
  expiryOf,
  secretValue,
  servesFor,
  TOKEN_NAMESPACE,
  TOKEN_SECRET_TYPE,
  tokenOf,
} from '../api/bootstrap-token.ts'
import { timestamp } from '../base/clock.ts'
import type { Given } from './options.ts'
import { asAdministrator } from './token-access.ts'
import { UsageError } from './usage-error.ts'

/** As kubeadm's, without the secrets. */
interface TokenRow {
  readonly id: string
  /** RFC 3339; absent: it has no end. */
  readonly expires?: string
  readonly usages: readonly string[]
  readonly description: string
  readonly groups: string
}

export async function run(given: Given): Promise<number> {
  const format = given.text('output')
  if (format !== undefined && format !== 'json') {
    throw new UsageError(`the output format '${format}' is not known; there is 'json'.`, { exitCode: 2 })
  }
  const rows = await asAdministrator(given, async (client) => {
    const { items } = await client.secrets.list({
      namespace: TOKEN_NAMESPACE,
      fieldSelector: `type=${TOKEN_SECRET_TYPE}`,
    })
    return items.flatMap((secret): TokenRow[] => {
      const token = tokenOf(secret)
      if (!token) return []
      const expiry = expiryOf(secret)
      return [
        {
          id: token.id,
          ...(Number.isFinite(expiry) && { expires: timestamp(expiry) }),
          usages: (['authentication', 'signing'] as const).filter((usage) => servesFor(secret, usage)),
          description: secretValue(secret, 'description'),
          groups: secretValue(secret, 'auth-extra-groups'),
        },
      ]
    })
  })
  process.stdout.write(format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : tableOf(rows))
  return 0
}

const HEADERS = ['ID', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS']

function tableOf(rows: readonly TokenRow[]): string {
  const cells = rows.map(({ id, expires = '<never>', usages, description, groups }) =>
    [id, expires, usages.join(','), description, groups].map((cell) => cell || '<none>'),
  )
  const lines = [HEADERS, ...cells]
  const widths = HEADERS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return (
    lines.map((line) => `${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   ')}`.trimEnd()).join('\n') +
    '\n'
  )
}
