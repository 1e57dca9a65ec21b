import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { PrinterColumn } from '../../resource.ts'
import type {
  MatchCondition,
  MatchResources,
  ParamKind,
  ParamRef,
  Variable,
} from '../../types/admissionregistration.v1.ts'
import { ageColumn, nameColumn, selectorText } from '../printing/columns.ts'
import { checkOptionalChoice, checkRequiredChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkDns1123Subdomain, checkQualifiedName } from '../validation/names.ts'
import { checkMatchResources, defaultMatchResources } from './match-resources.ts'

/** What validating and mutating admission policies share. */
interface PolicySpec {
  failurePolicy?: 'Ignore' | 'Fail'
  matchConstraints?: MatchResources
  paramKind?: ParamKind
  variables?: Variable[]
  matchConditions?: MatchCondition[]
}

const SPEC = FieldPath.of('spec')
const failurePolicies = choices('Ignore', 'Fail')
const notFoundActions = choices('Allow', 'Deny')

export function defaultPolicy(spec: PolicySpec): void {
  spec.failurePolicy ??= 'Fail'
  defaultMatchResources(spec.matchConstraints)
}

export function checkPolicy(spec: DeepReadonly<PolicySpec>, errors: FieldErrors): void {
  checkOptionalChoice(spec.failurePolicy, failurePolicies, SPEC.child('failurePolicy'), errors)
  if (spec.paramKind) checkParamKind(spec.paramKind, errors)
  if (!spec.matchConstraints) errors.required(SPEC.child('matchConstraints'))
  else {
    checkMatchResources(spec.matchConstraints, SPEC.child('matchConstraints'), errors)
    if (!spec.matchConstraints.resourceRules?.length) errors.required(SPEC.child('matchConstraints.resourceRules'))
  }
  checkNamed(spec.variables ?? [], SPEC.child('variables'), errors)
  checkNamed(spec.matchConditions ?? [], SPEC.child('matchConditions'), errors)
}

function checkParamKind({ apiVersion, kind }: DeepReadonly<ParamKind>, errors: FieldErrors): void {
  if (!apiVersion) errors.required(SPEC.child('paramKind.apiVersion'))
  if (!kind) errors.required(SPEC.child('paramKind.kind'))
}

/** Each has a name of its own and an expression. */
function checkNamed(
  items: readonly { readonly name: string; readonly expression: string }[],
  at: FieldPath,
  errors: FieldErrors,
): void {
  const names = new Set<string>()
  items.forEach(({ name, expression }, index) => {
    const where = at.index(index)
    if (!name) errors.required(where.child('name'))
    else checkQualifiedName(name, where.child('name'), errors)
    if (names.has(name)) errors.duplicate(where.child('name'), name)
    names.add(name)
    if (!expression?.trim()) errors.required(where.child('expression'))
  })
}

interface BindingSpec {
  policyName?: string
  paramRef?: ParamRef
  matchResources?: MatchResources
}

export function defaultBinding({ paramRef, matchResources }: BindingSpec): void {
  if (paramRef) paramRef.parameterNotFoundAction ??= 'Deny'
  defaultMatchResources(matchResources)
}

export function checkBinding(
  { policyName, paramRef, matchResources }: DeepReadonly<BindingSpec>,
  errors: FieldErrors,
): void {
  if (!policyName) errors.required(SPEC.child('policyName'))
  else checkDns1123Subdomain(policyName, SPEC.child('policyName'), errors)
  if (paramRef) checkParamRef(paramRef, SPEC.child('paramRef'), errors)
  if (matchResources) checkMatchResources(matchResources, SPEC.child('matchResources'), errors)
}

function checkParamRef(ref: DeepReadonly<ParamRef>, at: FieldPath, errors: FieldErrors): void {
  if (ref.name && ref.selector) errors.forbidden(at.child('name'), 'name and selector are mutually exclusive')
  if (!ref.name && !ref.selector) errors.required(at, 'one of name or selector must be specified')
  if (ref.name) checkDns1123Subdomain(ref.name, at.child('name'), errors)
  checkLabelSelector(ref.selector, at.child('selector'), errors)
  checkRequiredChoice(ref.parameterNotFoundAction, notFoundActions, at.child('parameterNotFoundAction'), errors)
}

export const paramKindText = (kind: DeepReadonly<ParamKind> | undefined): string =>
  kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>'

export const bindingColumns: PrinterColumn<{
  metadata: { name: string; creationTimestamp: string }
  spec: BindingSpec
}>[] = [
  nameColumn,
  { header: 'PolicyName', cell: ({ spec }) => spec.policyName ?? '' },
  { header: 'ParamRef', cell: ({ spec }) => paramRefText(spec.paramRef) },
  ageColumn,
]

function paramRefText(ref: DeepReadonly<ParamRef> | undefined): string {
  if (!ref) return '<unset>'
  if (!ref.name) return ref.selector ? selectorText(ref.selector) : '<unset>'
  return ref.namespace ? `${ref.namespace}/${ref.name}` : `*/${ref.name}`
}
