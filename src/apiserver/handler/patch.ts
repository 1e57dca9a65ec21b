import type { ApiObject } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { managerName } from '../managed-fields/manager-name.ts'
import { applyDefaults } from '../registry/apply-defaults.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { writeContext } from './admission.ts'
import { decodePatched } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { alignNamespace, requireSameName } from './object-checks.ts'
import { patchOf } from './patch-body.ts'
import { storageOf } from './storage-of.ts'
import { updateObject } from './update-object.ts'
import { writeOptions } from './write-options.ts'

/** Upstream's MaxRetryWhenPatchConflicts: how often a patch is applied again after a conflict. */
const ATTEMPTS = 5

/** PATCH of an object or of one of its subresources that have the object's own kind. */
export async function patch(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'PatchOptions')
  const { definition } = call.resource
  const body = patchOf(call)
  const storage = storageOf(call)
  const fields = deps.fieldManagers.of(call.resource, call.subresource)
  const manager = managerName(options.fieldManager, call.userAgent)
  const next = async (current: CachedObject | undefined) => {
    const live = current && call.resource.view(current).object()
    const patched = body.apply(definition.type, live && (body.isOfManagedFields ? live : withoutManagedFields(live)))
    const object = decodePatched<ApiObject>(call, patched, definition, options.fieldValidation)
    applyDefaults(definition, object)
    requireSameName(object, call.name)
    alignNamespace(object, call)
    if (live) await fields.update(object, live, manager)
    return call.resource.toStored(object)
  }
  const context = writeContext(call, options)
  const change = { storage, context, mayCreate: false, next }
  for (let round = 1; ; round++) {
    try {
      const { object } = await updateObject(change, deps)
      return { kind: 'object', code: 200, object: call.resource.view(object) }
    } catch (error) {
      if (!hasReason(error, Reason.Conflict) || round === ATTEMPTS) throw error
    }
  }
}

/** An object without its managedFields, where a patch has nothing to do with them: they need not be read again then. */
function withoutManagedFields({ metadata, ...fields }: DeepReadonly<ApiObject>): unknown {
  const { managedFields: _kept, ...rest } = metadata
  return { ...fields, metadata: rest }
}
