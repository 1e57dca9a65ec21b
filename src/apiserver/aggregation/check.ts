import type { APIResourceList } from '../../api/types/meta.v1.ts'
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
    return { available: true, reason: 'Passed', message: 'all checks passed', resources }
  } catch (error) {
    signal.throwIfAborted()
    const last = (error as AggregateError).errors.at(-1) as Error
    return { available: false, reason: 'FailedDiscoveryCheck', message: last.message }
  }
}

async function discover(remote: RemoteService, signal: AbortSignal): Promise<APIResourceList> {
  const endpoint = remote.endpoint()
  if (!('address' in endpoint)) throw new Error(endpoint.message)
  const { address } = endpoint
  const url = `https://${address.host}:${address.port}/${remote.path}`
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const { code, body } = await remote.read(address, `/${remote.path}`, { accept: 'application/json' }, deadline)
    if (code < 200 || code >= 300) throw new Error(`bad status from ${url}: ${code}`)
    return JSON.parse(body.toString()) as APIResourceList
  } catch (cause) {
    const why =
      cause instanceof Error && cause.name === 'TimeoutError'
        ? 'context deadline exceeded'
        : String((cause as Error).message)
    throw new Error(`failing or missing response from ${url}: ${why}`, { cause })
  }
}
