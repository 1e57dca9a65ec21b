import { DecodeError } from '../../api/codec/decode-error.ts'
import { decodeJson } from '../../api/codec/json.ts'
import { applyJsonPatch } from '../../api/patch/json-patch.ts'
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts'
import { badRequest } from '../../api/status-error.ts'
import type { ApiCall } from './call.ts'
import { unknownBodyFormat, unsupportedPatchType } from './refusals.ts'

/** A patch, decoded: gives the patched form of an object of the named type, leaving the object as it is. */
export type Patch = (typeName: string, object: unknown) => unknown

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
      return (_type, object) => applyJsonPatch(object, body)
    case 'merge':
      return (_type, object) => applyMergePatch(object, body)
    case 'strategic':
      return (type, object) => applyStrategicMergePatch(type, object, body)
    default:
      throw unsupportedPatchType()
  }
}

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
