import { invalid, invalidObject } from '../../api/field-error.ts'
import type { ApiObject } from '../../api/resource.ts'
import { conflict, forbidden, notFound } from '../../api/status-error.ts'
import { keepTimes } from '../managed-fields/keep-times.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import { finishing } from '../registry/storage-hooks.ts'
import type { WriteContext } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { admissionRequest } from './admission.ts'
import { createObject } from './create.ts'
import type { HandlerDeps } from './deps.ts'
import { guardedWrite } from './guarded-write.ts'
import { UnstoredObject } from './unstored-object.ts'

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

/** A write to one object, whatever the verb it came by. */
export interface ObjectChange {
  readonly storage: ResourceStorage
  readonly context: WriteContext
  /** The uid that the object must have, when the client named one. */
  readonly uid?: string
  /** May the write make the object when there is none. */
  readonly mayCreate: boolean
  /** The object to store, in the stored version, made anew for each attempt. */
  next(current: CachedObject | undefined): ApiObject | Promise<ApiObject>
}

export interface ChangedObject {
  readonly object: CachedObject
  readonly created: boolean
}

/** Upstream: Update of the generic registry. */
export function updateObject(change: ObjectChange, deps: HandlerDeps): Promise<ChangedObject> {
  const { storage, context } = change
  const key = storage.key(context.namespace, context.name)
  const beginning = context.dryRun ? 'newest' : 'cached'
  return guardedWrite(storage, key, context, (current) => attempt(change, key, current, deps), beginning)
}

async function attempt(
  change: ObjectChange,
  key: string,
  current: CachedObject | undefined,
  deps: HandlerDeps,
): Promise<ChangedObject> {
  const { storage, context } = change
  checkUid(change, key, current)
  if (current) return { object: await replace(change, current, deps), created: false }
  if (!change.mayCreate) throw notFound(storage.definition, context.name)
  requireMayCreate(context, deps)
  const object = await change.next(undefined)
  object.metadata.resourceVersion = undefined as unknown as string
  return { object: await createObject(storage, object, context, deps), created: true }
}

async function replace(change: ObjectChange, current: CachedObject, deps: HandlerDeps): Promise<CachedObject> {
  const { storage, context } = change
  const old = current.object()
  const object = await change.next(current)
  const request = admissionRequest(context, 'UPDATE', { object, old })
  await deps.admission.mutate(request)
  keepTimes(object, old)
  checkRevision(storage, object, current)
  const begun = context.subresource === '' ? storage.hooks.beginUpdate?.(object, old, context) : undefined
  return finishing(begun, context.dryRun, async () => {
    const update = { old, subresource: context.subresource }
    for (const text of storage.strategy.beforeUpdate(object, update, context.face)) context.warn(text)
    await deps.admission.validate(request)
    return put(storage, object, current, context.dryRun)
  })
}

/** An update or apply that makes its object needs the right to create it, too. Upstream: withAuthorization. */
function requireMayCreate({ user, definition, namespace, name, subresource }: WriteContext, deps: HandlerDeps): void {
  const { group, version, plural: resource } = definition
  const attributes = { user, verb: 'create', group, version, resource, subresource, namespace, name }
  const { verdict, reason } = deps.authorizer.authorize(attributes)
  if (verdict !== 'allow') throw forbidden(definition, name, reason)
}

async function put(
  storage: ResourceStorage,
  object: ApiObject,
  current: CachedObject,
  dryRun: boolean,
): Promise<CachedObject> {
  const last = isLastFinalizer(object, current)
  if (dryRun || last) {
    if (last && !dryRun) {
      await storage.remove(current)
      await storage.hooks.afterDelete?.(current.object())
    }
    return new UnstoredObject(current.key, object, current.revision)
  }
  object.metadata.resourceVersion = undefined as unknown as string
  return storage.replace(current, object)
}

/** An object that was only waiting for its finalizers goes when the last is taken off. */
function isLastFinalizer(object: ApiObject & { spec?: { finalizers?: unknown[] } }, current: CachedObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = current.object().metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds) return false
  const namespaceHeld = object.kind === 'Namespace' && object.spec?.finalizers?.length
  return !object.metadata.finalizers?.length && !namespaceHeld
}

/** A write that names a revision is good for that one only; one that names none takes the current. */
function checkRevision(storage: ResourceStorage, object: ApiObject, current: CachedObject): void {
  const { definition, strategy } = storage
  const { resourceVersion: asked = '', name = '' } = object.metadata
  const newest = String(current.revision)
  if (asked === newest) return
  if (asked !== '' && asked !== '0') throw conflict(definition, current.name, MODIFIED)
  if (!strategy.unconditionalUpdate) {
    const resource = { group: definition.group, kind: definition.plural } // as upstream has it
    throw invalidObject(resource, name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')])
  }
  object.metadata.resourceVersion = newest
}

function checkUid({ storage, context, uid }: ObjectChange, key: string, current: CachedObject | undefined): void {
  const actual = current?.object().metadata.uid ?? ''
  if (!uid || uid === actual) return
  throw conflict(
    storage.definition,
    context.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual}`,
  )
}
