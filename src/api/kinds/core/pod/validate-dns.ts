import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { PodDNSConfig } from '../../../types/core.v1.ts'
import { checkAddress } from '../../validation/addresses.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { searchDomainErrors } from '../../validation/name-rules.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts'
import type { ReadonlySpec } from './visit-containers.ts'

/** What the C library's resolver takes. */
const MAX_NAMESERVERS = 3
const MAX_SEARCH_PATHS = 32
const MAX_SEARCH_CHARACTERS = 2048
/** utsname's nodename on Linux. */
const MAX_HOSTNAME = 64

export function checkDns({ dnsConfig, dnsPolicy }: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return errors.required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')
    if (!dnsConfig.nameservers?.length) {
      const problem = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
      return errors.required(at.child('nameservers'), problem)
    }
  }
  if (dnsConfig) checkConfig(dnsConfig, at, errors)
}

function checkConfig(
  { nameservers = [], searches = [], options = [] }: DeepReadonly<PodDNSConfig>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.invalid(at.child('nameservers'), nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`)
  }
  nameservers.forEach((server, index) => {
    checkAddress(server, at.child('nameservers').index(index), errors)
  })
  checkSearches(searches, at.child('searches'), errors)
  options.forEach(({ name }, index) => {
    if (!name) errors.required(at.child('options').index(index), 'must not be empty')
  })
}

function checkSearches(searches: readonly string[], at: FieldPath, errors: FieldErrors): void {
  if (searches.length > MAX_SEARCH_PATHS) {
    errors.invalid(at, searches, `must not have more than ${MAX_SEARCH_PATHS} search paths`)
  }
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const problem = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`
    errors.invalid(at, searches, problem)
  }
  searches.forEach((search, index) => {
    if (search === '.') return
    const domain = search.replace(/\.$/, '')
    errors.invalidAll(at.index(index), domain, searchDomainErrors(domain))
  })
}

/** Names that the pod's containers see as their own, and /etc/hosts entries. */
export function checkHostNames(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  if (spec.hostname) checkDns1123Label(spec.hostname, at.child('hostname'), errors)
  if (spec.subdomain) checkDns1123Label(spec.subdomain, at.child('subdomain'), errors)
  if (spec.hostnameOverride !== undefined) checkOverride(spec, spec.hostnameOverride, at, errors)
  spec.hostAliases?.forEach(({ ip, hostnames }, index) => {
    const item = at.child('hostAliases').index(index)
    checkAddress(ip, item.child('ip'), errors)
    hostnames?.forEach((name, position) => {
      checkDns1123Subdomain(name, item.child('hostnames').index(position), errors)
    })
  })
}

function checkOverride(spec: ReadonlySpec, name: string, at: FieldPath, errors: FieldErrors): void {
  const field = at.child('hostnameOverride')
  if (spec.setHostnameAsFQDN) errors.forbidden(field, 'may not be specified when setHostnameAsFQDN is true')
  if (spec.hostNetwork) errors.forbidden(field, 'may not be specified when hostNetwork is true')
  if (name.length > MAX_HOSTNAME) errors.tooLong(field, MAX_HOSTNAME)
  checkDns1123Subdomain(name, field, errors)
}
