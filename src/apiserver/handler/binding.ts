import { type FieldError, invalidObject, notSupported, required } from '../../api/field-error.ts'
import type { ApiObject } from '../../api/resource.ts'
import { badRequest, conflict, internalError, notFound } from '../../api/status-error.ts'
import type { Binding, Pod, PodCondition } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { admissionRequest, writeContext } from './admission.ts'
import { decodeBody, type Expected } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { guardedWrite } from './guarded-write.ts'
import { alignNamespace } from './object-checks.ts'
import { writeOptions } from './write-options.ts'

const BINDING: Expected = { group: '', version: 'v1', kind: 'Binding', type: 'io.k8s.api.core.v1.Binding' }

/** POST to `pods/binding` or to `bindings`: the scheduler gives a pod its node. Upstream: BindingREST. */
export async function bind(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'CreateOptions')
  const binding = await decodeBody<Binding>(call, BINDING, options.fieldValidation)
  alignNamespace(binding, call)
  const name = binding.metadata.name ?? ''
  if (call.name !== '' && name !== call.name) throw badRequest('name in URL does not match name in Binding object')
  const context = writeContext(call, options, { name, subresource: 'binding' })
  const request = admissionRequest(context, 'CREATE', { object: binding as ApiObject })
  await deps.admission.mutate(request)
  refuseInvalid(binding, name)
  await deps.admission.validate(request)
  await assign(call, binding, name, options.dryRun, deps)
  return {
    kind: 'value',
    code: 201,
    value: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  }
}

function refuseInvalid({ target }: Binding, name: string): void {
  const errors: FieldError[] = []
  if (target.kind && target.kind !== 'Node') errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']))
  if (!target.name) errors.push(required('target.name'))
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Binding' }, name, errors)
}

async function assign(
  call: ApiCall,
  binding: Binding,
  name: string,
  dryRun: boolean,
  deps: HandlerDeps,
): Promise<void> {
  const storage = deps.registry.storage('', 'pods')
  if (!storage) throw internalError('pods are not served')
  const key = storage.key(call.namespace, name)
  const attempt = async (current: CachedObject | undefined): Promise<void> => {
    if (!current) throw notFound(storage.definition, name)
    const pod = bound(current.object() as DeepReadonly<Pod>, binding, deps.clock.now())
    if (dryRun) return
    pod.metadata.resourceVersion = undefined as unknown as string
    await storage.replace(current, pod)
  }
  await guardedWrite(storage, key, call, attempt, dryRun ? 'newest' : 'cached')
}

/** The pod on its node; 409 when it may not be bound. */
function bound(current: DeepReadonly<Pod>, { metadata, target }: Binding, now: number): Pod {
  const { name, deletionTimestamp, uid } = current.metadata
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, name, why)
  if (metadata.uid && metadata.uid !== uid) {
    throw refuse(`Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`)
  }
  if (deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (current.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${current.spec.nodeName}"`)
  if (current.spec.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  const pod = editable<Pod>(current)
  pod.spec.nodeName = target.name as string
  if (metadata.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations }
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(now) }
  pod.status.conditions = [...others, scheduled as unknown as PodCondition]
  return pod
}
