import { defineResource, type PrinterColumn } from '../../resource.ts'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../types/admissionregistration.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { choices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { bindingColumns, checkBinding, checkPolicy, defaultBinding, defaultPolicy, paramKindText } from './policies.ts'
import { checkValidations } from './validations.ts'

const GROUP = 'admissionregistration.k8s.io/v1'

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy (KEP-3488); expressions are compiled where they run. */
export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>(
  GROUP,
  'validatingadmissionpolicies',
  {
    default: ({ spec }) => defaultPolicy(spec),
    validate: ({ metadata, spec }) =>
      collect((errors) => {
        checkPolicy(spec, errors)
        checkValidations(metadata.name, spec, errors)
      }),
    unconditionalUpdate: false,
    columns: [
      nameColumn,
      { header: 'Validations', type: 'integer', cell: ({ spec }) => spec.validations?.length ?? 0 },
      { header: 'ParamKind', cell: ({ spec }) => paramKindText(spec.paramKind) },
      ageColumn,
    ],
  },
)

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding (KEP-3488). */
export const validatingAdmissionPolicyBindings = defineResource<ValidatingAdmissionPolicyBinding>(
  GROUP,
  'validatingadmissionpolicybindings',
  {
    default: ({ spec }) => defaultBinding(spec),
    validate: ({ spec }) =>
      collect((errors) => {
        checkBinding(spec, errors)
        checkActions(spec.validationActions ?? [], errors)
      }),
    unconditionalUpdate: false,
    columns: bindingColumns as PrinterColumn<ValidatingAdmissionPolicyBinding>[],
  },
)

const actions = choices('Deny', 'Warn', 'Audit')
const ACTIONS = FieldPath.of('spec.validationActions')

function checkActions(given: readonly string[], errors: FieldErrors): void {
  if (given.length === 0) errors.required(ACTIONS, 'at least one validation action is required')
  given.forEach((action, index) => {
    if (!actions.has(action)) errors.notSupported(ACTIONS.index(index), action, actions.listed)
    if (given.indexOf(action) < index) errors.duplicate(ACTIONS.index(index), action)
  })
  if (given.includes('Deny') && given.includes('Warn')) {
    const why =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    errors.invalid(ACTIONS, given, why)
  }
}
