import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseBootstrapToken } from '../api/bootstrap-token.ts'
import { StatusError } from '../api/status-error.ts'
import { Client } from '../client/clientset.ts'
import type { Connection } from '../client/connection.ts'
import { HttpsTransport } from '../client/https-transport.ts'
import { loadKubeconfig } from '../client/kubeconfig.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Does something as the administrator; what the cluster says against it is a UsageError. */
export async function asAdministrator<T>(
  given: Given,
  act: (client: Client, connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connectionOf(given)
  using transport = new HttpsTransport(connection, { retries: 2 })
  try {
    return await act(new Client(transport), connection)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw new UsageError(`the cluster at ${connection.server}: ${error.message}.`, { cause: error })
  }
}

async function connectionOf(given: Given): Promise<Connection> {
  const named = given.text('kubeconfig')
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const file = named ? resolve(named) : paths.adminKubeconfig
  if (!existsSync(file)) {
    throw new UsageError(
      named
        ? `there is no file ${file}.`
        : `there is no cluster in ${paths.root}. Run this on a server, or name a --kubeconfig.`,
    )
  }
  try {
    return await loadKubeconfig(file)
  } catch (error) {
    throw new UsageError(`${file} is no kubeconfig that can be used: ${(error as Error).message}.`, { cause: error })
  }
}

/** The id of a token, or of a whole one. */
export function tokenIdOf(text: string): string {
  const id = parseBootstrapToken(text.split('::').at(-1) ?? '')?.id ?? text
  if (/^[a-z0-9]{6}$/.test(id)) return id
  throw new UsageError(`'${text}' is no token and no token's id: those have six characters of a-z and 0-9.`, {
    exitCode: 2,
  })
}
