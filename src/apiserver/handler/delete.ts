import type { ResourceDefinition } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import { inParallel } from '../../base/in-parallel.ts'
import { nextTurn, turnIsLong } from '../yielding.ts'
import { writeContext } from './admission.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { type DeletedObject, deleteObject } from './delete-object.ts'
import { deleteOptions } from './delete-options.ts'
import type { HandlerDeps } from './deps.ts'
import { list } from './list.ts'
import { storageOf } from './storage-of.ts'

/** Kinds whose deleted object is the answer, where others answer with a Status (ReturnDeletedObject upstream). */
const RETURN_DELETED: ReadonlySet<string> = new Set([
  'pods',
  'podtemplates',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'services',
  'serviceaccounts',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
])

/** DELETE of one object. */
export async function deleteOne(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = await deleteOptions(call)
  const context = writeContext(call, { dryRun: (options.dryRun ?? []).length > 0 })
  const deleted = await deleteObject(storageOf(call), context, options, deps)
  if (isSurprising(call, options)) call.warn(JOB_WARNING)
  const code = !deleted.gone && options.orphanDependents === false ? 202 : 200
  return answer(call, deleted, code)
}

const JOB_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set ' +
  'propagationPolicy=Orphan to suppress this warning'

const isSurprising = ({ resource }: ApiCall, { propagationPolicy, orphanDependents }: DeleteOptions): boolean =>
  resource.definition.kind === 'Job' && propagationPolicy === undefined && orphanDependents === undefined

function answer({ resource }: ApiCall, { object, gone }: DeletedObject, code: number): ApiResult {
  const { definition } = resource
  if (!gone || RETURN_DELETED.has(qualifiedName(definition)))
    return { kind: 'object', code, object: resource.view(object) }
  const { group, plural } = definition
  const { uid } = object.object().metadata
  const details = { name: object.name, ...(group !== '' && { group }), kind: plural, uid }
  return {
    kind: 'value',
    code,
    value: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
  }
}

const qualifiedName = ({ group, plural }: ResourceDefinition): string => (group === '' ? plural : `${plural}.${group}`)

/** How many of a collection are deleted at once: they share the commits of the store. */
const AT_ONCE = 256

/**
 * DELETE of a collection: every selected object, or those of one page when there is a limit; those already gone do not
 * count. Answers with the list of what was there.
 */
export async function deleteCollection(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = await deleteOptions(call)
  const storage = storageOf(call)
  const dryRun = (options.dryRun ?? []).length > 0
  if (isSurprising(call, options)) call.warn(JOB_WARNING)
  const listed = await list(call)
  await inParallel(listed.items, AT_ONCE, async ({ namespace, name }) => {
    try {
      if (turnIsLong()) await nextTurn()
      await deleteObject(storage, writeContext(call, { dryRun }, { namespace, name }), options, deps)
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error
    }
  })
  return listed
}
