import { invalid, invalidObject } from '../../api/field-error.ts'
import { type ApiObject, groupVersion, type ScaleRule } from '../../api/resource.ts'
import { badRequest, conflict, notFound } from '../../api/status-error.ts'
import type { Scale } from '../../api/types/autoscaling.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import { entriesOf, setEntries } from '../managed-fields/entries-of.ts'
import { managerName } from '../managed-fields/manager-name.ts'
import { fromScaleEntries, type ReplicasPath, toScaleEntries } from '../managed-fields/scale-entries.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { writeContext } from './admission.ts'
import { appliedConfig } from './applied-config.ts'
import { decodeBody } from './body.ts'
import type { ApiCall } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { requireSameName } from './object-checks.ts'
import { patchOf } from './patch-body.ts'
import { replicasAt, SCALE, scaleOf } from './scale-object.ts'
import { storageOf } from './storage-of.ts'
import { updateObject } from './update-object.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'

type Rule = ScaleRule<ApiObject>
type ScaleObject = Scale & ApiObject

/** Makes the Scale to be written from the one that is there, with the managedFields of both. */
type ScaleWriter = (live: ScaleObject) => Promise<ScaleObject>

/** PUT and PATCH of `scale`: sets the replicas of the object, and who owns them. */
export async function writeScale(call: ApiCall, rule: Rule, deps: HandlerDeps): Promise<CachedObject> {
  const isApply = call.patchType === 'apply'
  const kind = isApply ? 'ApplyOptions' : call.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions'
  const options = writeOptions(call.query, kind)
  const sent = call.verb === 'update' ? await decodedScale(call, options) : undefined
  const write = isApply ? await applyingWriter(call, options, deps) : updatingWriter(call, sent, options, deps)
  const pathIn = replicasPath(call, deps)
  const next = async (current: CachedObject | undefined) => {
    if (!current) throw notFound(call.resource.definition, call.name)
    const live = scaleOf(current.object(), rule)
    const before = entriesOf(current.object())
    setEntries(live, toScaleEntries(before, pathIn))
    const scaled = await write(live)
    const object = withReplicas(call, scaled, current, rule)
    if (!call.resource.definition.model) requireUid(call, scaled, current)
    setEntries(object, fromScaleEntries(before, entriesOf(scaled), pathIn, groupVersion(call.resource.definition)))
    return object
  }
  const context = writeContext(call, options)
  const uid = sent?.metadata?.uid
  const storage = storageOf(call)
  const { object } = await updateObject({ storage, context, mayCreate: false, next, ...(uid && { uid }) }, deps)
  return object
}

async function decodedScale(
  call: Pick<ApiCall, 'body' | 'warn'>,
  { fieldValidation }: Pick<WriteOptions, 'fieldValidation'>,
): Promise<ScaleObject> {
  return decodeBody<ScaleObject>(call, SCALE, fieldValidation)
}

/** `sent`: what a PUT has, for the first attempt; later ones read it again. */
function updatingWriter(
  call: ApiCall,
  sent: ScaleObject | undefined,
  options: WriteOptions,
  deps: HandlerDeps,
): ScaleWriter {
  const manager = managerName(options.fieldManager, call.userAgent)
  const patch = call.verb === 'patch' ? patchOf(call) : undefined
  const warn = (text: string) => call.warn(text)
  let first = sent
  return async (live) => {
    const body = patch ? ({ kind: 'value', value: patch.apply(SCALE.type, live) } as const) : call.body
    const scaled = first ?? (await decodedScale({ body, warn }, options))
    first = undefined
    await deps.fieldManagers.scale.update(scaled, live, manager)
    return scaled
  }
}

async function applyingWriter(call: ApiCall, options: WriteOptions, deps: HandlerDeps): Promise<ScaleWriter> {
  const { fieldManager: manager = '', force, fieldValidation } = options
  const { config, check } = await appliedConfig(call)
  return async (live) => {
    const scaled = (await deps.fieldManagers.scale.apply({ live, config, manager, force })) as ScaleObject
    check(fieldValidation)
    return scaled
  }
}

/** The object with the replicas that its Scale asks for. */
function withReplicas(call: ApiCall, scaled: ScaleObject, current: CachedObject, rule: Rule): ApiObject {
  requireSameName(scaled, call.name)
  const isMissing = (object: unknown, path: string) => replicasAt(object, path) === undefined
  if (rule.requiredPath && isMissing(scaled, 'spec.replicas') && isMissing(current.object(), rule.specReplicas)) {
    throw badRequest(`the spec replicas field ${JSON.stringify(rule.requiredPath)} cannot be empty`)
  }
  const replicas = scaled.spec?.replicas ?? 0
  if (replicas < 0) {
    throw invalidObject(SCALE, call.name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')])
  }
  const object = editable<ApiObject>(current.object())
  setReplicas(object, rule.specReplicas, replicas)
  object.metadata.resourceVersion = scaled.metadata?.resourceVersion || String(current.revision)
  return object
}

/** A patched Scale that names another object's uid is refused, in the words of the workloads' own storage. */
function requireUid({ resource, name }: ApiCall, { metadata }: ScaleObject, current: CachedObject): void {
  const { uid: actual } = current.object().metadata
  const { uid = '' } = metadata ?? {}
  if (uid === '' || uid === actual) return
  const { group, plural } = resource.definition
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual}`
  throw conflict({ group, plural: `${plural}/scale` }, name, why)
}

function setReplicas(object: ApiObject, path: string, value: number): void {
  const names = path.split('.')
  const last = names.pop() as string
  let part = object as unknown as Record<string, unknown>
  for (const name of names) {
    part[name] ??= {}
    part = part[name] as Record<string, unknown>
  }
  part[last] = value
}

/** Where the versions of a kind have the number of replicas. */
function replicasPath({ resource }: ApiCall, { registry }: HandlerDeps): ReplicasPath {
  const { plural } = resource.definition
  return (apiVersion) => {
    const [first = '', second] = apiVersion.split('/')
    const served = registry.find(second === undefined ? '' : first, second ?? first, plural)
    if (served?.storage?.prefix !== resource.storage?.prefix) return undefined
    const path = served?.definition.rules.scale?.specReplicas
    return path === undefined ? [] : path.split('.').map((name) => `f:${name}`)
  }
}
