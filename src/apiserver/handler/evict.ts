import type { ApiObject } from '../../api/resource.ts'
import { badRequest, internalError } from '../../api/status-error.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import type { Eviction } from '../../api/types/policy.v1.ts'
import { admissionRequest, writeContext } from './admission.ts'
import { decodeBody, type Expected } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { deleteObject } from './delete-object.ts'
import type { HandlerDeps } from './deps.ts'
import { alignNamespace } from './object-checks.ts'
import { writeOptions } from './write-options.ts'

const EVICTION: Expected = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  type: 'io.k8s.api.policy.v1.Eviction',
}

/**
 * POST to `pods/eviction`: deletes the pod with the eviction's delete options. Upstream: EvictionREST, which asks
 * PodDisruptionBudgets first; here there is nobody yet who keeps their status, so none holds a pod back.
 */
export async function evict(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'CreateOptions')
  const eviction = await decodeBody<Eviction>(call, EVICTION, options.fieldValidation)
  alignNamespace(eviction as ApiObject, call)
  if (eviction.metadata?.name !== call.name) throw badRequest('name in URL does not match name in Eviction object')
  const deletion: DeleteOptions = eviction.deleteOptions ?? {}
  const dryRun = options.dryRun || (deletion.dryRun ?? []).length > 0
  const context = writeContext(call, { ...options, dryRun })
  const request = admissionRequest(context, 'CREATE', { object: eviction as ApiObject })
  await deps.admission.mutate(request)
  await deps.admission.validate(request)
  const pods = deps.registry.storage('', 'pods')
  if (!pods) throw internalError('pods are not served')
  await deleteObject(pods, { ...context, subresource: '' }, deletion, deps)
  return {
    kind: 'value',
    code: 201,
    value: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  }
}
