import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { AdmissionOperation, AdmissionRequest } from '../admission/plugin.ts'
import type { WriteContext } from '../request.ts'
import type { ApiCall } from './call.ts'

/** Who may change and refuse writes: first all changes, then all checks; a throw refuses (admission/index.ts). */
export interface AdmissionChain {
  mutate(request: AdmissionRequest): void | Promise<void>
  validate(request: AdmissionRequest): void | Promise<void>
}

/** What plugins hear of a call, before it is known what is written. */
export function writeContext(call: ApiCall, options: { dryRun: boolean; fieldManager?: string }): WriteContext {
  return {
    user: call.user,
    definition: call.resource.storage?.definition ?? call.resource.definition,
    ...(call.resource.face && { face: call.resource.face }),
    namespace: call.namespace,
    name: call.name,
    subresource: call.subresource,
    dryRun: options.dryRun,
    ...(options.fieldManager !== undefined && { fieldManager: options.fieldManager }),
    warn: (text) => call.warn(text),
    signal: call.signal,
  }
}

/** One write as plugins see it. */
export function admissionRequest(
  context: WriteContext,
  operation: AdmissionOperation,
  subject: { object?: ApiObject; old?: DeepReadonly<ApiObject>; options?: unknown },
): AdmissionRequest {
  const { object, old, options } = subject
  return { ...context, operation, object, old, options }
}
