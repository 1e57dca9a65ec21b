import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, type PrinterColumn } from '../../resource.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../../types/admissionregistration.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkRequiredChoice, choices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { bindingColumns, checkBinding, checkPolicy, defaultBinding, defaultPolicy, paramKindText } from './policies.ts'

const GROUP = 'admissionregistration.k8s.io/v1'
const MUTATIONS = FieldPath.of('spec.mutations')
const patchTypes = choices('ApplyConfiguration', 'JSONPatch')
const reinvocationPolicies = choices('Never', 'IfNeeded')

/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicy (KEP-3962); expressions are compiled where they run. */
export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>(GROUP, 'mutatingadmissionpolicies', {
  default: ({ spec }) => defaultPolicy(spec),
  validate: ({ spec }) =>
    collect((errors) => {
      checkPolicy(spec, errors)
      if (!spec.mutations?.length) errors.required(MUTATIONS, 'mutations must contain at least one item')
      spec.mutations?.forEach((mutation, index) => {
        checkMutation(mutation, MUTATIONS.index(index), errors)
      })
      checkRequiredChoice(spec.reinvocationPolicy, reinvocationPolicies, 'spec.reinvocationPolicy', errors)
    }),
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    { header: 'Mutations', type: 'integer', cell: ({ spec }) => spec.mutations?.length ?? 0 },
    { header: 'ParamKind', cell: ({ spec }) => paramKindText(spec.paramKind) },
    ageColumn,
  ],
})

/** The patch that its type names, and no other. */
function checkMutation(mutation: DeepReadonly<Mutation>, at: FieldPath, errors: FieldErrors): void {
  checkRequiredChoice(mutation.patchType, patchTypes, at.child('patchType'), errors)
  const isApply = mutation.patchType === 'ApplyConfiguration'
  const [wanted, other] = isApply
    ? (['applyConfiguration', 'jsonPatch'] as const)
    : (['jsonPatch', 'applyConfiguration'] as const)
  if (mutation[other])
    errors.invalid(at.child(other), mutation[other], `must not be set when patchType is ${mutation.patchType}`)
  if (!mutation[wanted]) errors.required(at.child(wanted), `must be specified when patchType is ${mutation.patchType}`)
  else if (!mutation[wanted].expression?.trim())
    errors.required(at.child(wanted).child('expression'), 'expression is not specified')
}

/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding (KEP-3962). */
export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>(
  GROUP,
  'mutatingadmissionpolicybindings',
  {
    default: ({ spec }) => defaultBinding(spec),
    validate: ({ spec }) => collect((errors) => checkBinding(spec, errors)),
    unconditionalUpdate: false,
    columns: bindingColumns as PrinterColumn<MutatingAdmissionPolicyBinding>[],
  },
)
