import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ConfigMap } from '../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { dataKeyErrors } from '../validation/data-keys.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { base64Bytes, checkImmutableData, MAX_DATA_BYTES } from './data.ts'

type ReadonlyConfigMap = DeepReadonly<ConfigMap>

const data = FieldPath.of('data')
const binaryData = FieldPath.of('binaryData')

export const configMaps = defineResource<ConfigMap>('v1', 'configmaps', {
  validate: (map) => collect((errors) => checkData(map, errors)),
  validateUpdate: (map, { old }) =>
    collect((errors) => {
      checkImmutableData(map, old, errors)
      if (old.immutable && !semanticEqual(map.binaryData, old.binaryData)) {
        errors.forbidden(binaryData, 'field is immutable when `immutable` is set')
      }
    }),
  columns: [nameColumn, { header: 'Data', cell: countKeys }, ageColumn],
})

function checkData({ data: texts, binaryData: bytes }: ReadonlyConfigMap, errors: FieldErrors): void {
  let size = 0
  for (const key in texts) {
    errors.invalidAll(data.key(key), key, dataKeyErrors(key))
    if (bytes?.[key] !== undefined) errors.invalid(data.key(key), key, 'duplicate of key present in binaryData')
    size += Buffer.byteLength(texts[key] as string)
  }
  for (const key in bytes) {
    errors.invalidAll(binaryData.key(key), key, dataKeyErrors(key))
    size += base64Bytes(bytes[key] as string)
  }
  if (size > MAX_DATA_BYTES) errors.tooLong('[]', MAX_DATA_BYTES) // how upstream's paths show the object itself
}

function countKeys({ data: texts = {}, binaryData: bytes = {} }: ReadonlyConfigMap): number {
  return Object.keys(texts).length + Object.keys(bytes).length
}
