import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import { conflict, notFound } from '../../api/status-error.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { definitionDeletionStep } from '../crd/definition-deletion.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { WriteContext } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { admissionRequest } from './admission.ts'
import type { HandlerDeps } from './deps.ts'
import { type DeletionStep, deletionStep } from './graceful-deletion.ts'
import { guardedWrite } from './guarded-write.ts'
import { namespaceDeletionStep } from './namespace-deletion.ts'
import { UnstoredObject } from './unstored-object.ts'

export interface DeletedObject {
  readonly object: CachedObject
  /** False while the object waits for its grace period or its finalizers. */
  readonly gone: boolean
}

/** Deletes one object as far as that is possible now; 404 when there is none. Upstream: Delete of the generic registry. */
export async function deleteObject(
  storage: ResourceStorage,
  context: WriteContext,
  options: DeleteOptions,
  deps: HandlerDeps,
): Promise<DeletedObject> {
  const key = storage.key(context.namespace, context.name)
  const attempt = async (current: CachedObject | undefined): Promise<DeletedObject> => {
    if (!current) throw notFound(storage.definition, context.name)
    const old = current.object()
    checkPreconditions(storage, old, options)
    const request = admissionRequest(context, 'DELETE', { old, options })
    await deps.admission.mutate(request)
    await deps.admission.validate(request)
    return step(storage, current, stepOf(storage, old, options, deps), context.dryRun)
  }
  return guardedWrite(storage, key, context, attempt, context.dryRun ? 'newest' : 'cached')
}

function stepOf(
  { definition }: ResourceStorage,
  old: DeepReadonly<ApiObject>,
  options: DeleteOptions,
  { clock }: HandlerDeps,
): DeletionStep {
  const own = ownStep(definition, old, options, clock.now())
  if (own) return own
  return deletionStep(definition, old, options, clock.now())
}

/** How kinds go whose deletion begins with somebody else's work. */
function ownStep(
  definition: ResourceDefinition,
  old: DeepReadonly<ApiObject>,
  options: DeleteOptions,
  now: number,
): DeletionStep | undefined {
  if (definition.kind === 'Namespace' && definition.group === '') {
    return namespaceDeletionStep(definition, old, options, now)
  }
  const isDefinition = definition.plural === 'customresourcedefinitions' && definition.group === 'apiextensions.k8s.io'
  return isDefinition ? definitionDeletionStep(old, now) : undefined
}

async function step(
  storage: ResourceStorage,
  current: CachedObject,
  decided: DeletionStep,
  dryRun: boolean,
): Promise<DeletedObject> {
  switch (decided.kind) {
    case 'wait':
      await storage.confirm(current)
      return { object: current, gone: false }
    case 'remove':
      if (!dryRun) await remove(storage, current)
      return { object: current, gone: true }
    case 'mark': {
      if (dryRun)
        return { object: new UnstoredObject(current.key, decided.object, current.revision), gone: decided.thenRemove }
      decided.object.metadata.resourceVersion = undefined as unknown as string
      const marked = await storage.replace(current, decided.object)
      if (decided.thenRemove) await remove(storage, marked)
      return { object: marked, gone: decided.thenRemove }
    }
  }
}

async function remove(storage: ResourceStorage, current: CachedObject): Promise<void> {
  await storage.remove(current)
  await storage.hooks.afterDelete?.(current.object())
}

/** Throws 409 unless the object is the one, in the state, that the options name. */
export function checkPreconditions(
  { definition }: ResourceStorage,
  { metadata }: DeepReadonly<ApiObject>,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {}
  // Upstream names the kind here, where other conflicts name the resource.
  const refuse = (why: string) => {
    throw conflict({ group: definition.group, plural: definition.kind }, metadata.name ?? '', why)
  }
  if (uid && uid !== metadata.uid) {
    refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    )
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion}). The object might have been modified`,
    )
  }
}
