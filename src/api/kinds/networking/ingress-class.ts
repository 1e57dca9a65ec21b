import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { IngressClass, IngressClassParametersReference } from '../../types/networking.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { choices } from '../validation/choices.ts'
import { checkDomainPrefixedPath } from '../validation/domain-path.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../validation/names.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'

const MAX_CONTROLLER = 250
const scopes = choices('Cluster', 'Namespace')

/** networking.k8s.io/v1 IngressClass. Upstream: pkg/apis/networking, pkg/registry/networking/ingressclass. */
export const ingressClasses = defineResource<IngressClass>('networking.k8s.io/v1', 'ingressclasses', {
  default: ({ spec }) => {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster'
  },
  validate: ({ spec }) =>
    collect((errors) => {
      checkController(spec?.controller ?? '', errors)
      if (spec?.parameters) checkParameters(spec.parameters, errors)
    }),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => checkImmutable(spec?.controller, old.spec?.controller, 'spec.controller', errors)),
  columns: [
    nameColumn,
    { header: 'Controller', cell: ({ spec }) => spec?.controller ?? '' },
    { header: 'Parameters', cell: ({ spec }) => parametersText(spec?.parameters) },
    ageColumn,
  ],
})

type Parameters = DeepReadonly<IngressClassParametersReference>

function parametersText(parameters: Parameters | undefined): string {
  if (!parameters) return '<none>'
  const group = parameters.apiGroup ? `.${parameters.apiGroup}` : ''
  return `${parameters.kind}${group}/${parameters.name}`
}

function checkController(controller: string, errors: FieldErrors): void {
  if (controller.length > MAX_CONTROLLER) errors.tooLong('spec.controller', MAX_CONTROLLER)
  checkDomainPrefixedPath(controller, 'spec.controller', errors)
}

const PARAMETERS = 'spec.parameters'

function checkParameters({ apiGroup, kind, name, scope, namespace }: Parameters, errors: FieldErrors): void {
  if (apiGroup !== undefined) checkDns1123Subdomain(apiGroup, `${PARAMETERS}.apiGroup`, errors)
  if (!kind) errors.required(`${PARAMETERS}.kind`, 'kind is required')
  else errors.invalidAll(`${PARAMETERS}.kind`, kind, pathSegmentErrors(kind))
  if (!name) errors.required(`${PARAMETERS}.name`, 'name is required')
  else errors.invalidAll(`${PARAMETERS}.name`, name, pathSegmentErrors(name))
  if (scope === undefined) errors.required(`${PARAMETERS}.scope`)
  else if (!scopes.has(scope)) errors.notSupported(`${PARAMETERS}.scope`, scope, scopes.listed)
  if (scope === 'Namespace') {
    if (!namespace) errors.required(`${PARAMETERS}.namespace`, "`parameters.scope` is set to 'Namespace'")
    else checkDns1123Label(namespace, `${PARAMETERS}.namespace`, errors)
  }
  if (scope === 'Cluster' && namespace !== undefined) {
    errors.forbidden(`${PARAMETERS}.namespace`, "`parameters.scope` is set to 'Cluster'")
  }
}
