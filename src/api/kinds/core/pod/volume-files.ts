import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { DownwardAPIVolumeFile, KeyToPath } from '../../../types/core.v1.ts'
import { choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkFileMode } from '../../validation/numbers.ts'
import { checkProjectedPath } from '../../validation/paths.ts'
import { checkFieldSelector, checkResourceFieldSelector } from './validate-environment.ts'

/** A key of a Secret or ConfigMap as a file. */
export function checkKeyToPath(item: DeepReadonly<KeyToPath>, at: FieldPath, errors: FieldErrors): void {
  if (!item.key) errors.required(at.child('key'))
  checkPath(item.path, at, errors)
  if (item.mode !== undefined) checkFileMode(item.mode, at.child('mode'), errors)
}

function checkPath(path: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (path) checkProjectedPath(path, at.child('path'), errors)
  else errors.required(at.child('path'))
}

const volumeFields = choices(
  'metadata.name',
  'metadata.namespace',
  'metadata.labels',
  'metadata.annotations',
  'metadata.uid',
)

/** Upstream gives the path of the source, without the file's index. */
export function checkDownwardFile(file: DeepReadonly<DownwardAPIVolumeFile>, at: FieldPath, errors: FieldErrors): void {
  checkPath(file.path, at, errors)
  if (file.fieldRef) {
    checkFieldSelector(file.fieldRef, volumeFields, at.child('fieldRef'), errors)
    if (file.resourceFieldRef) {
      errors.invalid(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    }
  } else if (file.resourceFieldRef) {
    const path = at.child('resourceFieldRef')
    checkResourceFieldSelector(file.resourceFieldRef, path, errors, { needsContainer: true })
  } else errors.required(at, 'one of fieldRef and resourceFieldRef is required')
  if (file.mode !== undefined) checkFileMode(file.mode, at.child('mode'), errors)
}
