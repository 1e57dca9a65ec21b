import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule } from '../../resource.ts'
import type { APIService } from '../../types/apiregistration.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { dns1123LabelErrors } from '../validation/name-rules.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'

const HTTPS_PORT = 443
const MAX_GROUP_PRIORITY = 20_000
const MAX_VERSION_PRIORITY = 1000

/** apiregistration.k8s.io/v1 APIService. Upstream: staging/src/k8s.io/kube-aggregator. */
export const apiServices = defineResource<APIService>('apiregistration.k8s.io/v1', 'apiservices', {
  ownable: { status: { except: ['spec', 'metadata'] } },
  nameRule: NameRule.PathSegment,
  default: ({ spec }) => {
    if (spec.service) spec.service.port ??= HTTPS_PORT
  },
  prepareCreate: (service) => {
    const { metadata, spec } = service
    if (spec.service) return
    const reason = { reason: 'Local', message: 'Local APIServices are always available' }
    const lastTransitionTime = metadata.creationTimestamp
    service.status = { conditions: [{ type: 'Available', status: 'True', lastTransitionTime, ...reason }] }
  },
  validate: (service) => collect((errors) => checkService(service, errors)),
  generation: false,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    {
      header: 'Service',
      cell: ({ spec: { service } }) => (service ? `${service.namespace}/${service.name}` : 'Local'),
    },
    { header: 'Available', cell: availableText },
    ageColumn,
  ],
})

function availableText({ status }: DeepReadonly<APIService>): string {
  const condition = (status?.conditions ?? []).find(({ type }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`
}

function checkService({ metadata, spec }: DeepReadonly<APIService>, errors: FieldErrors): void {
  const { group = '', version = '' } = spec
  const name = `${version}.${group}`
  if (metadata.name !== name) {
    errors.invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: "${name}"`)
  }
  if (group !== '') checkDns1123Subdomain(group, 'spec.group', errors)
  else if (version !== 'v1')
    errors.required('spec.group', 'only v1 may have an empty group and it better be legacy kube')
  errors.invalidAll('spec.version', version, dns1123LabelErrors(version))
  checkPriority(spec.groupPriorityMinimum, MAX_GROUP_PRIORITY, 'spec.groupPriorityMinimum', errors)
  checkPriority(spec.versionPriority, MAX_VERSION_PRIORITY, 'spec.versionPriority', errors)
  if (spec.service) checkRemote(spec.service, errors)
  else checkLocal(spec, errors)
  if (spec.insecureSkipTLSVerify && spec.caBundle) {
    errors.invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')
  }
}

function checkPriority(priority: number, max: number, at: string, errors: FieldErrors): void {
  if (priority <= 0 || priority > max) errors.invalid(at, priority, `must be positive and less than ${max}`)
}

function checkLocal({ caBundle, insecureSkipTLSVerify }: DeepReadonly<APIService['spec']>, errors: FieldErrors): void {
  if (caBundle) {
    const size = `${Buffer.byteLength(caBundle, 'base64')} bytes`
    errors.invalid('spec.caBundle', size, 'local APIServices may not have a caBundle')
  }
  if (insecureSkipTLSVerify) {
    errors.invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')
  }
}

function checkRemote(
  { namespace, name, port }: DeepReadonly<NonNullable<APIService['spec']['service']>>,
  errors: FieldErrors,
): void {
  if (!namespace) errors.required('spec.service.namespace')
  if (!name) errors.required('spec.service.name')
  if (port !== undefined && (port < 1 || port > 65535)) {
    errors.invalid('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive')
  }
}
