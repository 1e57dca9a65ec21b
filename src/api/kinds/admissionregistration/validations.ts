import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '../../types/admissionregistration.v1.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkQualifiedName } from '../validation/names.ts'

const VALIDATIONS = FieldPath.of('spec.validations')
const ANNOTATIONS = FieldPath.of('spec.auditAnnotations')
const MAX_ANNOTATIONS = 20
const MAX_VALUE_BYTES = 5 * 1024
const reasons = choices('Forbidden', 'Invalid', 'RequestEntityTooLarge')

/** What a policy of this name asks for and notes: at least one of either. */
export function checkValidations(
  name: string,
  { validations = [], auditAnnotations = [] }: DeepReadonly<ValidatingAdmissionPolicySpec>,
  errors: FieldErrors,
): void {
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    errors.required(VALIDATIONS, why)
    return errors.required(ANNOTATIONS, why)
  }
  validations.forEach((validation, index) => {
    checkValidation(validation, VALIDATIONS.index(index), errors)
  })
  if (auditAnnotations.length > MAX_ANNOTATIONS) {
    errors.invalid(ANNOTATIONS, auditAnnotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`)
  }
  const keys = new Set<string>()
  auditAnnotations.forEach((annotation, index) => {
    const at = ANNOTATIONS.index(index)
    checkAnnotation(name, annotation, at, errors)
    if (keys.has(annotation.key)) errors.duplicate(at.child('key'), annotation.key)
    keys.add(annotation.key)
  })
}

function checkValidation(validation: DeepReadonly<Validation>, at: FieldPath, errors: FieldErrors): void {
  const { expression, message = '', messageExpression = '', reason } = validation
  if (!expression?.trim()) errors.required(at.child('expression'), 'expression is not specified')
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.invalid(at.child('messageExpression'), messageExpression, 'must be non-empty if specified')
  }
  if (message !== '' && message.trim() === '') {
    errors.invalid(at.child('message'), message, 'message must be non-empty if specified')
  } else if (/[\n\r]/.test(message.trim())) {
    errors.invalid(at.child('message'), message, 'message must not contain line breaks')
  }
  checkOptionalChoice(reason, reasons, at.child('reason'), errors)
}

function checkAnnotation(
  name: string,
  { key = '', valueExpression = '' }: DeepReadonly<AuditAnnotation>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (name === '') errors.invalid(at.child('key'), key, 'requires metadata.name be non-empty')
  else checkQualifiedName(`${name}/${key}`, at.child('key'), errors)
  const expression = valueExpression.trim()
  if (expression === '') errors.required(at.child('valueExpression'), 'valueExpression is not specified')
  else if (Buffer.byteLength(expression) > MAX_VALUE_BYTES) {
    errors.required(at.child('valueExpression'), `must not exceed ${MAX_VALUE_BYTES} bytes in length`)
  }
}
