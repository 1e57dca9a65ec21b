import { invalid, invalidObject } from '../../api/field-error.ts'
import type { ApiObject, ScaleRule } from '../../api/resource.ts'
import { badRequest, internalError, notFound } from '../../api/status-error.ts'
import type { Scale } from '../../api/types/autoscaling.v1.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { writeContext } from './admission.ts'
import { decodeBody, type Expected } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { requireSameName } from './object-checks.ts'
import { patchOf } from './patch-body.ts'
import { methodNotAllowed } from './refusals.ts'
import { storageOf } from './storage-of.ts'
import { updateObject } from './update-object.ts'
import { writeOptions } from './write-options.ts'

const SCALE: Expected = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  type: 'io.k8s.api.autoscaling.v1.Scale',
}

type Rule = ScaleRule<ApiObject>

/** GET, PUT and PATCH of `scale`: the object's replica count under one form for every workload. */
export async function scale(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const rule = storageOf(call).definition.rules.scale
  if (!rule) throw methodNotAllowed()
  const object = call.verb === 'get' ? await read(call) : await write(call, rule, deps)
  if (rule.requiredPath && getPath(object.object(), rule.specReplicas) === undefined) {
    throw internalError(`the spec replicas field ${JSON.stringify(rule.requiredPath)} does not exist`)
  }
  return { kind: 'value', code: 200, value: scaleOf(object.object(), rule) }
}

async function read(call: ApiCall): Promise<CachedObject> {
  const storage = storageOf(call)
  const object = await storage.current(storage.key(call.namespace, call.name), call.signal)
  if (object) return object
  const { group, plural, model } = call.resource.definition
  if (model) throw notFound({ group, plural }, call.name)
  const named = plural === 'statefulsets' ? plural : `${plural}/scale` // upstream's words differ here
  throw notFound({ group, plural: named }, call.name)
}

async function write(call: ApiCall, rule: Rule, deps: HandlerDeps): Promise<CachedObject> {
  const options = writeOptions(call.query, call.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions')
  const wanted = await scaleReader(call, rule, options)
  const next = async (current: CachedObject | undefined) => {
    if (!current) throw notFound(call.resource.definition, call.name)
    const scaled = await wanted(current)
    requireSameName(scaled, call.name)
    if (
      rule.requiredPath &&
      scaled.spec?.replicas === undefined &&
      getPath(current.object(), rule.specReplicas) === undefined
    ) {
      throw badRequest(`the spec replicas field ${JSON.stringify(rule.requiredPath)} cannot be empty`)
    }
    const replicas = scaled.spec?.replicas ?? 0
    if (replicas < 0) {
      const errors = [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]
      throw invalidObject(SCALE, call.name, errors)
    }
    const object = editable<ApiObject>(current.object())
    setPath(object, rule.specReplicas, replicas)
    object.metadata.resourceVersion = scaled.metadata?.resourceVersion || String(current.revision)
    return object
  }
  const context = writeContext(call, options)
  const { object } = await updateObject({ storage: storageOf(call), context, mayCreate: false, next }, deps)
  return object
}

type ScaleReader = (current: CachedObject) => Scale | Promise<Scale>

function scaleReader(call: ApiCall, rule: Rule, { fieldValidation }: ReturnType<typeof writeOptions>): ScaleReader {
  if (call.verb !== 'patch') return () => decodeBody<Scale>(call, SCALE, fieldValidation)
  const apply = patchOf(call)
  return (current) => {
    const value = apply(SCALE.type, scaleOf(current.object(), rule))
    return decodeBody<Scale>(
      { body: { kind: 'value', value }, warn: (text) => call.warn(text) },
      SCALE,
      fieldValidation,
    )
  }
}

function scaleOf(object: DeepReadonly<ApiObject>, rule: Rule): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = getPath(object, rule.specReplicas)
  const selector = rule.selector(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as Scale['metadata'] & object,
    spec: replicas ? { replicas } : {},
    status: { replicas: getPath(object, rule.statusReplicas) ?? 0, ...(selector !== '' && { selector }) },
  }
}

function getPath(object: unknown, path: string): number | undefined {
  let value: unknown = object
  for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name]
  return value as number | undefined
}

function setPath(object: ApiObject, path: string, value: number): void {
  const names = path.split('.')
  const last = names.pop() as string
  let part = object as unknown as Record<string, unknown>
  for (const name of names) {
    part[name] ??= {}
    part = part[name] as Record<string, unknown>
  }
  part[last] = value
}
