import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule } from '../../resource.ts'
import type { IPAddress } from '../../types/networking.v1.ts'
import { nameColumn } from '../printing/columns.ts'
import { canonicalAddress, checkAddress } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'

/** networking.k8s.io/v1 IPAddress: a service address in use (KEP-1880). Upstream: pkg/registry/networking/ipaddress. */
export const ipAddresses = defineResource<IPAddress>('networking.k8s.io/v1', 'ipaddresses', {
  nameRule: NameRule.PathSegment,
  validate: (address) =>
    collect((errors) => {
      checkName(address.metadata.name, errors)
      checkParent(address.spec?.parentRef, errors)
    }),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => {
      if (!semanticEqual(spec?.parentRef, old.spec?.parentRef)) {
        errors.invalid('spec.parentRef', spec?.parentRef, 'field is immutable')
      }
    }),
  generation: false,
  columns: [nameColumn, { header: 'ParentRef', cell: ({ spec }) => parentText(spec?.parentRef) }],
})

type Parent = DeepReadonly<IPAddress['spec']['parentRef']> | undefined

function parentText(parent: Parent): string {
  if (!parent) return '<none>'
  const group = parent.group ? `.${parent.group}` : ''
  const namespace = parent.namespace ? `${parent.namespace}/` : ''
  return `${parent.resource}${group}/${namespace}${parent.name}`
}

/** The name is the address, in the one way to write it. */
function checkName(name: string, errors: FieldErrors): void {
  const before = errors.count
  checkAddress(name, 'metadata.name', errors)
  if (errors.count > before) return
  const canonical = canonicalAddress(name)
  if (canonical !== name) errors.invalid('metadata.name', name, `must be in canonical form ("${canonical}")`)
}

function checkParent(parent: Parent, errors: FieldErrors): void {
  if (!parent) return errors.required('spec.parentRef')
  if (parent.group) checkDns1123Subdomain(parent.group, 'spec.parentRef.group', errors)
  if (!parent.resource) errors.required('spec.parentRef.resource')
  if (!parent.name) errors.required('spec.parentRef.name')
  for (const field of ['resource', 'name', 'namespace'] as const) {
    const value = parent[field]
    if (value) errors.invalidAll(`spec.parentRef.${field}`, value, pathSegmentErrors(value))
  }
}
