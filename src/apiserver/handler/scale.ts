import { internalError, notFound } from '../../api/status-error.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { methodNotAllowed } from './refusals.ts'
import { replicasAt, scaleOf } from './scale-object.ts'
import { writeScale } from './scale-write.ts'
import { storageOf } from './storage-of.ts'

/** GET, PUT and PATCH of `scale`: the object's replica count under one form for every workload. */
export async function scale(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const rule = storageOf(call).definition.rules.scale
  if (!rule) throw methodNotAllowed()
  const object = call.verb === 'get' ? await read(call) : await writeScale(call, rule, deps)
  if (rule.requiredPath && replicasAt(object.object(), rule.specReplicas) === undefined) {
    throw internalError(`the spec replicas field ${JSON.stringify(rule.requiredPath)} does not exist`)
  }
  return { kind: 'value', code: 200, value: scaleOf(object.object(), rule) }
}

async function read(call: ApiCall): Promise<CachedObject> {
  const storage = storageOf(call)
  const object = await storage.current(storage.key(call.namespace, call.name), call)
  if (object) return object
  const { group, plural, model } = call.resource.definition
  if (model) throw notFound({ group, plural }, call.name)
  const named = plural === 'statefulsets' ? plural : `${plural}/scale` // upstream's words differ here
  throw notFound({ group, plural: named }, call.name)
}
