import { generatedName } from '../../api/meta/identity.ts'
import type { ApiObject } from '../../api/resource.ts'
import { alreadyExists, forbidden, hasReason, Reason, StatusError } from '../../api/status-error.ts'
import type { AdmissionRequest } from '../admission/plugin.ts'
import { managerName } from '../managed-fields/manager-name.ts'
import { applyDefaults } from '../registry/apply-defaults.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import { finishing } from '../registry/storage-hooks.ts'
import type { WriteContext } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { type AdmissionChain, admissionRequest, writeContext } from './admission.ts'
import { decodeBody } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { alignNamespace } from './object-checks.ts'
import { storageOf } from './storage-of.ts'
import { UnstoredObject } from './unstored-object.ts'
import { writeOptions } from './write-options.ts'

/** How often a taken generated name is replaced by another (KEP-4420). */
const NAME_ATTEMPTS = 8
const TERMINATING = 'create not allowed while custom resource definition is terminating'

/** POST to a collection. */
export async function create(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'CreateOptions')
  const { definition } = call.resource
  const object = await decodeBody<ApiObject>(call, definition, options.fieldValidation)
  applyDefaults(definition, object)
  alignNamespace(object, call)
  deps.fieldManagers.of(call.resource, '').create(object, managerName(options.fieldManager, call.userAgent))
  const stored = call.resource.toStored(object)
  const context = writeContext(call, options, { name: stored.metadata.name ?? '' })
  const created = await createObject(storageOf(call), stored, context, deps)
  return { kind: 'object', code: 201, object: call.resource.view(created) }
}

/** Takes a decoded, defaulted object of the stored version through admission and the kind's rules into the store. */
export async function createObject(
  storage: ResourceStorage,
  object: ApiObject,
  context: WriteContext,
  deps: HandlerDeps,
): Promise<CachedObject> {
  if (storage.definition.isTerminating) throw forbidden(storage.definition, context.name, TERMINATING)
  const request = admissionRequest(context, 'CREATE', { object })
  storage.strategy.fillSystemFields(object)
  await deps.admission.mutate(request)
  const attempt = () => storeNew(storage, object, request, deps.admission)
  const { generateName, name } = object.metadata
  if (name || !generateName) return attempt()
  for (let round = 1; ; round++) {
    object.metadata.name = generatedName(generateName)
    try {
      return await attempt()
    } catch (error) {
      if (!hasReason(error, Reason.AlreadyExists)) throw error
      if (round === NAME_ATTEMPTS) throw noUniqueName(storage, object)
    }
  }
}

function storeNew(
  storage: ResourceStorage,
  object: ApiObject,
  request: AdmissionRequest,
  admission: AdmissionChain,
): Promise<CachedObject> {
  return finishing(storage.hooks.beginCreate?.(object, request), request.dryRun, async () => {
    for (const text of storage.strategy.beforeCreate(object, request.face)) request.warn(text)
    await admission.validate(request)
    return put(storage, object, request)
  })
}

async function put(storage: ResourceStorage, object: ApiObject, request: WriteContext): Promise<CachedObject> {
  const { metadata } = object
  if (metadata.resourceVersion) throw revisionOnCreate()
  const key = storage.key(metadata.namespace ?? '', metadata.name ?? '')
  if (!request.dryRun) return storage.create(key, object, request)
  if (await storage.reread(key)) throw alreadyExists(storage.definition, metadata.name ?? '')
  return new UnstoredObject(key, object)
}

const revisionOnCreate = (): StatusError =>
  new StatusError({
    code: 500,
    reason: Reason.Unknown,
    message: 'resourceVersion should not be set on objects to be created',
  })

function noUniqueName({ definition }: ResourceStorage, { metadata }: ApiObject): StatusError {
  const { message, details } = alreadyExists(definition, metadata.name ?? '')
  return new StatusError({
    code: 409,
    reason: Reason.AlreadyExists,
    message: `${message}, the server was not able to generate a unique name for the object`,
    details: { ...details, retryAfterSeconds: 1 },
  })
}
