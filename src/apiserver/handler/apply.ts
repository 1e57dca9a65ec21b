import { DecodeError } from '../../api/codec/decode-error.ts'
import type { ApiObject } from '../../api/resource.ts'
import { conflict, hasReason, Reason } from '../../api/status-error.ts'
import { failed, isApplyConflict } from '../managed-fields/apply-refusals.ts'
import { applyDefaults } from '../registry/apply-defaults.ts'
import { modelOf } from '../registry/model-of.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { writeContext } from './admission.ts'
import { appliedConfig } from './applied-config.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { alignNamespace, requireSameName } from './object-checks.ts'
import { storageOf } from './storage-of.ts'
import { updateObject } from './update-object.ts'
import { writeOptions } from './write-options.ts'

/** Upstream's MaxRetryWhenPatchConflicts, as for any patch. */
const ATTEMPTS = 5

/**
 * PATCH with an apply configuration: server-side apply to an object, which it may make, or to one of its subresources that
 * have the object's own kind.
 */
export async function apply(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'ApplyOptions')
  const { fieldManager: manager = '', force } = options
  const applied = await appliedConfig(call)
  const fields = deps.fieldManagers.of(call.resource, call.subresource)
  const next = async (current: CachedObject | undefined) => {
    const live = current && call.resource.view(current).object()
    const merged = await fields.apply({ live, config: applied.config, manager, force })
    applied.check(options.fieldValidation)
    const object = completed(call.resource, merged)
    if (!live && object.metadata.uid) throw uidWithoutObject(call, object.metadata.uid)
    alignNamespace(object, call)
    requireSameName(object, call.name)
    return call.resource.toStored(object)
  }
  const context = writeContext(call, options)
  const change = { storage: storageOf(call), context, mayCreate: call.subresource === '', next }
  for (let round = 1; ; round++) {
    try {
      const { object, created } = await updateObject(change, deps)
      return { kind: 'object', code: created ? 201 : 200, object: call.resource.view(object) }
    } catch (error) {
      const isFinal = isApplyConflict(error) || round === ATTEMPTS
      if (isFinal || !hasReason(error, Reason.Conflict)) throw error
    }
  }
}

/** The merged object as its type has it, defaulted. */
function completed({ definition }: ServedResource, merged: ApiObject): ApiObject {
  try {
    const { object } = modelOf(definition).normalise<ApiObject>(merged, { strict: 'Ignore' })
    applyDefaults(definition, object)
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const { namespace = '', name = '' } = merged.metadata
    const { group, version, kind } = definition
    const subject = `${namespace}/${name}; ${group}/${version}, Kind=${kind}`
    throw failed(`failed to convert new typed object (${subject}) to object: ${error.message}`)
  }
}

const uidWithoutObject = ({ resource, name }: ApiCall, uid: string) =>
  conflict(
    resource.definition,
    name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  )
