import type { ApiObject } from '../../api/resource.ts'
import { managerName } from '../managed-fields/manager-name.ts'
import { applyDefaults } from '../registry/apply-defaults.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { writeContext } from './admission.ts'
import { decodeBody } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { alignNamespace, requireSameName } from './object-checks.ts'
import { storageOf } from './storage-of.ts'
import { updateObject } from './update-object.ts'
import { writeOptions } from './write-options.ts'

/** PUT of an object or of one of its subresources that have the object's own kind. */
export async function update(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'UpdateOptions')
  const { definition } = call.resource
  const decode = async () => {
    const object = await decodeBody<ApiObject>(call, definition, options.fieldValidation)
    applyDefaults(definition, object)
    requireSameName(object, call.name)
    alignNamespace(object, call)
    return object
  }
  let decoded: ApiObject | undefined = await decode()
  const { uid } = decoded.metadata
  const storage = storageOf(call)
  const fields = deps.fieldManagers.of(call.resource, call.subresource)
  const manager = managerName(options.fieldManager, call.userAgent)
  const next = async (current: CachedObject | undefined) => {
    const object = decoded ?? (await decode()) // later attempts start from what the client sent
    decoded = undefined
    if (current) await fields.update(object, call.resource.view(current).object(), manager)
    else fields.create(object, manager)
    return call.resource.toStored(object)
  }
  const mayCreate = call.subresource === '' && storage.strategy.createOnUpdate
  const context = writeContext(call, options)
  const { object, created } = await updateObject({ storage, context, mayCreate, next, ...(uid && { uid }) }, deps)
  return { kind: 'object', code: created ? 201 : 200, object: call.resource.view(object) }
}
