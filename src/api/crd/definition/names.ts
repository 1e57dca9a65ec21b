import type { FieldError } from '../../field-error.ts'
import { collect, type FieldErrors } from '../../kinds/validation/field-errors.ts'
import { FieldPath } from '../../kinds/validation/field-path.ts'
import { dns1035LabelErrors } from '../../meta/names.ts'
import type { Definition } from './internal-spec.ts'

type Names = Partial<Definition['spec']['names']>

/** The form of a definition's names; which of them have to be there is another matter. */
export function checkNames(names: Names, at: FieldPath, errors: FieldErrors): void {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names
  checkLabel(plural, at.child('plural'), errors)
  checkLabel(singular, at.child('singular'), errors)
  checkKind(kind, at.child('kind'), errors)
  checkKind(listKind, at.child('listKind'), errors)
  shortNames.forEach((name, index) => {
    checkEach(name, at.child('shortNames').index(index), errors)
  })
  if (kind && kind === listKind) {
    errors.invalid(at.child('listKind'), listKind, 'kind and listKind may not be the same')
  }
  categories.forEach((name, index) => {
    checkEach(name, at.child('categories').index(index), errors)
  })
}

function checkLabel(name: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (name) checkEach(name, at, errors)
}

function checkEach(name: string, at: FieldPath, errors: FieldErrors): void {
  const problems = dns1035LabelErrors(name)
  if (problems.length > 0) errors.invalid(at, name, problems.join(','))
}

function checkKind(name: string | undefined, at: FieldPath, errors: FieldErrors): void {
  const problems = name ? dns1035LabelErrors(name.toLowerCase()) : []
  if (problems.length === 0) return
  errors.invalid(at, name, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
}

/** What is wrong with the status of a definition. Upstream: ValidateCustomResourceDefinitionStatus. */
export function validateDefinitionStatus({ status }: Definition): FieldError[] {
  return collect((errors) => {
    checkNames(status?.acceptedNames ?? {}, FieldPath.of('status').child('acceptedNames'), errors)
  })
}
