import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { itemsOf, propertyOf, type Schema } from '../schema.ts'

/**
 * What is restricted under allOf, anyOf, oneOf and not has to be declared in the structure as well, so that the type of
 * every restricted value is known. Upstream: validateStructuralCompleteness.
 */
export function checkCompleteness(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  checkParts(schema, schema, at, at, errors)
}

/** `part` restricts values of `structure`, which is at `at`. */
function checkParts(part: Schema, structure: Schema, at: FieldPath, partAt: FieldPath, errors: FieldErrors): void {
  if (part.not) checkPart(part.not, structure, at, partAt.child('not'), errors)
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    part[junctor]?.forEach((one, index) => {
      checkPart(one, structure, at, partAt.child(junctor).index(index), errors)
    })
  }
}

function checkPart(
  part: Schema,
  structure: Schema | undefined,
  at: FieldPath,
  partAt: FieldPath,
  errors: FieldErrors,
): void {
  if (!structure) return errors.required(at, `because it is defined in ${partAt}`)
  checkParts(part, structure, at, partAt, errors)
  const items = itemsOf(part)
  if (items) checkPart(items, itemsOf(structure), at.child('items'), partAt.child('items'), errors)
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    const step = (path: FieldPath) => path.child('properties').key(name)
    checkPart(property, propertyOf(structure, name), step(at), step(partAt), errors)
  }
}
