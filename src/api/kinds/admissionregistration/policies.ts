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
import { checkRequiredChoice, choices, orderedChoices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../validation/name-rules.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'
import { checkMatchConditions } from './match-conditions.ts'
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
const notFoundActions = orderedChoices('Deny', 'Allow')

export function defaultPolicy(spec: PolicySpec): void {
  spec.failurePolicy ??= 'Fail'
  defaultMatchResources(spec.matchConstraints)
}

export function checkPolicy(spec: DeepReadonly<PolicySpec>, errors: FieldErrors): void {
  checkRequiredChoice(spec.failurePolicy, failurePolicies, SPEC.child('failurePolicy'), errors)
  if (spec.paramKind) checkParamKind(spec.paramKind, errors)
  if (!spec.matchConstraints) errors.required(SPEC.child('matchConstraints'))
  else {
    checkMatchResources(spec.matchConstraints, SPEC.child('matchConstraints'), errors)
    if (!spec.matchConstraints.resourceRules?.length) errors.required(SPEC.child('matchConstraints.resourceRules'))
  }
  checkMatchConditions(spec.matchConditions, SPEC.child('matchConditions'), errors)
  checkVariables(spec.variables ?? [], SPEC.child('variables'), errors)
}

function checkParamKind({ apiVersion = '', kind = '' }: DeepReadonly<ParamKind>, errors: FieldErrors): void {
  checkApiVersion(apiVersion, SPEC.child('paramKind.apiVersion'), errors)
  const at = SPEC.child('paramKind.kind')
  if (kind === '') return errors.required(at)
  const problems = dns1035LabelErrors(kind.toLowerCase())
  if (problems.length === 0) return
  errors.invalid(at, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
}

/** `v1` or `example.com/v1`. */
function checkApiVersion(apiVersion: string, at: FieldPath, errors: FieldErrors): void {
  if (apiVersion === '') return errors.required(at)
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/')
  if (parts.length > 2) return errors.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
  const [group, version = ''] = parts.length === 2 ? parts : ['', parts[0]]
  const problems = group ? dns1123SubdomainErrors(group) : []
  if (problems.length > 0) errors.invalid(at, group, problems.join(','))
  if (version === '') return errors.invalid(at, apiVersion, 'version must be specified')
  const faults = dns1035LabelErrors(version)
  if (faults.length > 0) errors.invalid(at, version, faults.join(','))
}

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/
/** Words of CEL and of languages it may be turned into. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

function checkVariables(variables: readonly DeepReadonly<Variable>[], at: FieldPath, errors: FieldErrors): void {
  variables.forEach(({ name, expression }, index) => {
    const where = at.index(index)
    if (!name?.trim()) errors.required(where.child('name'), 'name is not specified')
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      errors.invalid(where.child('name'), name, 'name is not a valid CEL identifier')
    }
    if (!expression?.trim()) errors.required(where.child('expression'), 'expression is not specified')
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
  if (matchResources) checkMatchResources(matchResources, SPEC.child('matchResouces'), errors) // as upstream has it
}

function checkParamRef(ref: DeepReadonly<ParamRef>, at: FieldPath, errors: FieldErrors): void {
  if (ref.name) errors.invalidAll(at.child('name'), ref.name, pathSegmentErrors(ref.name))
  checkLabelSelector(ref.selector, at.child('selector'), errors)
  if (ref.name && ref.selector) {
    errors.forbidden(at.child('name'), 'name and selector are mutually exclusive')
    errors.forbidden(at.child('selector'), 'name and selector are mutually exclusive')
  }
  if (!ref.name && !ref.selector) errors.required(at, 'one of name or selector must be specified')
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
