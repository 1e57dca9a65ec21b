import type { ApiObject, ResourceDefinition } from '../api/resource.ts'
import { StatusError } from '../api/status-error.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../apiserver/admission/plugin.ts'
import { deepFreeze } from '../base/deep-readonly.ts'

/** An admission request for a test: `resource` as `pods`, `leases.coordination.k8s.io` or `pods/status`. */
export function admissionRequest(
  operation: AdmissionRequest['operation'],
  resource: string,
  parts: { object?: ApiObject; old?: ApiObject; user?: AdmissionRequest['user'] } & Partial<
    Pick<AdmissionRequest, 'name' | 'namespace' | 'dryRun'>
  >,
): AdmissionRequest {
  const [target = '', subresource = ''] = resource.split('/')
  const [plural = '', ...group] = target.split('.')
  const { object, old, user = { name: 'admin', groups: ['system:masters'] }, ...rest } = parts
  const metadata = (object ?? old)?.metadata
  return {
    operation,
    definition: { group: group.join('.'), version: 'v1', plural } as unknown as ResourceDefinition,
    subresource,
    user,
    object,
    old: old && deepFreeze(old),
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    dryRun: false,
    warn: () => {},
    signal: new AbortController().signal,
    ...rest,
  }
}

/** Runs one plugin, mutation first: `admitted`, or the code and text of its refusal. */
export async function admit(plugin: AdmissionPlugin, request: AdmissionRequest): Promise<string> {
  if (!plugin.handles(request)) return 'admitted'
  try {
    await plugin.mutate?.(request)
    await plugin.validate?.(request)
    return 'admitted'
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
}
