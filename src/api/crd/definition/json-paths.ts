import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { findField } from '../field-path.ts'
import type { Schema } from '../schema.ts'
import type { Version, VersionParts } from './internal-spec.ts'

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const oneOf = (values: readonly string[]): string => `must be one of ${values.join(',')}`

export function checkColumns(columns: Version['additionalPrinterColumns'], at: FieldPath, errors: FieldErrors): void {
  columns?.forEach(({ name, type, format, jsonPath }, index) => {
    const where = at.index(index)
    if (!name) errors.required(where.child('name'))
    if (!type) errors.required(where.child('type'), oneOf(COLUMN_TYPES))
    else if (!COLUMN_TYPES.includes(type)) errors.invalid(where.child('type'), type, oneOf(COLUMN_TYPES))
    if (format && !COLUMN_FORMATS.includes(format)) {
      errors.invalid(where.child('format'), format, oneOf(COLUMN_FORMATS))
    }
    if (!jsonPath) errors.required(where.child('JSONPath'))
    else checkSimplePath(jsonPath, where.child('JSONPath'), errors)
  })
}

/** Returns whether the path is one. */
function checkSimplePath(path: string, at: FieldPath, errors: FieldErrors): boolean {
  if (path.startsWith('.')) return true
  errors.invalid(at, path, 'must be a simple json path starting with .')
  return false
}

export function checkSubresources(subresources: Version['subresources'], at: FieldPath, errors: FieldErrors): void {
  const scale = subresources?.scale
  if (!scale) return
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  const below = (field: string) => at.child(`scale.${field}`)
  checkScalePath(specReplicasPath, ['.spec.'], 'under .spec', below('specReplicasPath'), errors)
  checkScalePath(statusReplicasPath, ['.status.'], 'under .status', below('statusReplicasPath'), errors)
  if (!labelSelectorPath) return
  const words = 'under either .spec or .status'
  checkScalePath(labelSelectorPath, ['.spec.', '.status.'], words, below('labelSelectorPath'), errors)
}

function checkScalePath(
  path: string | undefined,
  roots: readonly string[],
  words: string,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!path) return errors.required(at)
  if (!checkSimplePath(path, at, errors)) return
  if (!roots.some((root) => path.startsWith(root))) errors.invalid(at, path, `should be a json path ${words}`)
}

export const MAX_SELECTABLE_FIELDS = 8
const SELECTABLE_TYPES = ['string', 'boolean', 'integer']

/** `allowsMany`: there were too many before, and they did not change. */
export function checkSelectableFields(
  fields: NonNullable<VersionParts['selectableFields']>,
  schema: Schema,
  allowsMany: boolean,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  fields.forEach(({ jsonPath }, index) => {
    const where = at.index(index).child('jsonPath')
    const path = checkSelectable(jsonPath, schema, where, errors)
    if (path === undefined) return
    if (seen.has(path)) errors.duplicate(where, jsonPath)
    seen.add(path)
  })
  if (seen.size > MAX_SELECTABLE_FIELDS && !allowsMany) errors.tooMany(at, seen.size, MAX_SELECTABLE_FIELDS)
}

/** The field's path as errors write it; undefined where the schema has no such field. */
function checkSelectable(
  jsonPath: string | undefined,
  schema: Schema,
  at: FieldPath,
  errors: FieldErrors,
): string | undefined {
  if (!jsonPath) {
    errors.required(at)
    return undefined
  }
  const found = findField(jsonPath, schema, { allowBrackets: false })
  if ('error' in found) {
    errors.invalid(at, jsonPath, `is an invalid path: ${found.error}`)
    return undefined
  }
  if (found.root === 'metadata') errors.invalid(at, jsonPath, 'must not point to fields in metadata')
  if (!SELECTABLE_TYPES.includes(found.schema.type ?? '')) errors.invalid(at, jsonPath, NOT_SELECTABLE)
  return found.path
}

const NOT_SELECTABLE =
  'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
