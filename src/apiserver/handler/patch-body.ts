import { DecodeError } from '../../api/codec/decode-error.ts'
import { decodeJson } from '../../api/codec/json.ts'
import { applyJsonPatch } from '../../api/patch/json-patch.ts'
import { isObject } from '../../api/patch/json-value.ts'
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts'
import { badRequest } from '../../api/status-error.ts'
import type { ApiCall } from './call.ts'
import { unknownBodyFormat, unsupportedPatchType } from './refusals.ts'

/** A patch, decoded. */
export interface Patch {
  /** Gives the patched form of an object of the named type, leaving the object as it is. */
  apply(typeName: string, object: unknown): unknown
  /** Whether it may change managedFields, or look at them. */
  readonly isOfManagedFields: boolean
}

/** The patches that work without the schema table, in upstream's order. */
const CUSTOM_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

/** Reads the patch of a call. Throws 400 when it cannot be read, 415 when it is of no type that is known here. */
export function patchOf(call: Pick<ApiCall, 'body' | 'patchType' | 'resource'>): Patch {
  const isCustom = call.resource.definition.model !== undefined
  if (isCustom && (call.patchType === 'strategic' || call.patchType === undefined))
    throw unknownBodyFormat(CUSTOM_TYPES)
  const body = decoded(call)
  switch (call.patchType) {
    case 'json':
      return { apply: (_type, object) => applyJsonPatch(object, body), isOfManagedFields: isOfManagedFields(body) }
    case 'merge':
      return { apply: (_type, object) => applyMergePatch(object, body), isOfManagedFields: hasManagedFields(body) }
    case 'strategic':
      return {
        apply: (type, object) => applyStrategicMergePatch(type, object, body),
        isOfManagedFields: hasManagedFields(body),
      }
    default:
      throw unsupportedPatchType()
  }
}

const hasManagedFields = (patch: unknown): boolean =>
  !isObject(patch) || (isObject(patch.metadata) && Object.hasOwn(patch.metadata, 'managedFields'))

/** Of a JSON patch: whether a path leads to them or to what they are in. */
const isOfManagedFields = (operations: unknown): boolean =>
  !Array.isArray(operations) ||
  operations.some((operation) => [operation?.path, operation?.from].some(leadsToManagedFields))

const leadsToManagedFields = (at: unknown): boolean => /^(\/metadata(\/managedFields.*)?)?$/.test(String(at))

function decoded({ body, patchType }: Pick<ApiCall, 'body' | 'patchType'>): unknown {
  if (body.kind === 'value') return body.value
  try {
    const value = decodeJson(body.kind === 'bytes' ? body.bytes : new Uint8Array()).value
    if (patchType === 'json' && !Array.isArray(value)) {
      throw new DecodeError('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
    }
    return value
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding patch: ${error.message}`)
    throw error
  }
}
