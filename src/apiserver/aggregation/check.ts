import type { APIResourceList } from '../../api/types/meta.v1.ts'
import { goErrorText } from '../webhooks/go-error-text.ts'
import type { RemoteService } from './remote-service.ts'

/** What a look at a backend found: reason and message of the condition Available, and its resources when it answered. */
export interface CheckResult {
  readonly available: boolean
  readonly reason: string
  readonly message: string
  readonly resources?: APIResourceList
}

const TIMEOUT_MS = 5000
const ATTEMPTS = 5

/**
 * Looks whether a backend serves the discovery document of its group version: five tries at once, on whichever endpoints
 * they fall; one success is enough. Source: kube-aggregator's remote availability controller.
 */
export async function checkBackend(remote: RemoteService, signal: AbortSignal): Promise<CheckResult> {
  const endpoint = remote.endpoint()
  if (!('address' in endpoint)) return { available: false, ...endpoint }
  try {
    const resources = await Promise.any(Array.from({ length: ATTEMPTS }, () => discover(remote, signal)))
    return { available: true, reason: 'Passed', message: 'all checks passed', ...(resources && { resources }) }
  } catch (error) {
    signal.throwIfAborted()
    const last = (error as AggregateError).errors.at(-1) as Error
    return { available: false, reason: 'FailedDiscoveryCheck', message: last.message }
  }
}

async function discover(remote: RemoteService, signal: AbortSignal): Promise<APIResourceList | undefined> {
  const endpoint = remote.endpoint()
  if (!('address' in endpoint)) throw new Error(endpoint.message)
  const { address } = endpoint
  const url = `https://${address.host}:${address.port}/${remote.path}`
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  const failed = (why: string, cause?: unknown) =>
    new Error(`failing or missing response from ${url}: ${why}`, { cause })
  const { code, body } = await remote
    .read(address, `/${remote.path}`, { accept: 'application/json' }, deadline)
    .catch((cause) => {
      throw failed(`Get ${JSON.stringify(url)}: ${goErrorText(cause)}`, cause)
    })
  if (code < 200 || code >= 300) throw failed(`bad status from ${url}: ${code}`)
  return resourcesIn(body)
}

/** The check asks for an answer only; what cannot be read is no reason to take the API away. */
function resourcesIn(body: Buffer): APIResourceList | undefined {
  try {
    const list = JSON.parse(body.toString()) as APIResourceList
    return Array.isArray(list?.resources) ? list : undefined
  } catch {
    return undefined
  }
}
