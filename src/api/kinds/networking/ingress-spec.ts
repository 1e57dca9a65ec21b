import { isIP } from 'node:net'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { TypedLocalObjectReference } from '../../types/core.v1.ts'
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressRule,
  IngressSpec,
  IngressTLS,
} from '../../types/networking.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../validation/name-rules.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'
import { checkPortNumber, portNameErrors } from '../validation/ports.ts'

const SPEC = FieldPath.of('spec')

export function checkIngressSpec(spec: DeepReadonly<IngressSpec>, errors: FieldErrors): void {
  if (!spec.rules?.length && !spec.defaultBackend) {
    errors.invalid(SPEC, spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')
  }
  if (spec.defaultBackend) checkBackend(spec.defaultBackend, SPEC.child('defaultBackend'), errors)
  spec.rules?.forEach((rule, index) => {
    checkRule(rule, SPEC.child('rules').index(index), errors)
  })
  spec.tls?.forEach((tls, index) => {
    checkTls(tls, SPEC.child('tls').index(index), errors)
  })
  if (spec.ingressClassName !== undefined) {
    checkDns1123Subdomain(spec.ingressClassName, SPEC.child('ingressClassName'), errors)
  }
}

function checkRule({ host, http }: DeepReadonly<IngressRule>, at: FieldPath, errors: FieldErrors): void {
  if (host) {
    if (isIP(host) !== 0) errors.invalid(at.child('host'), host, 'must be a DNS name, not an IP address')
    checkHost(host, at.child('host'), errors)
  }
  if (!http) return
  const paths = at.child('http.paths')
  if (!http.paths?.length) errors.required(paths)
  http.paths?.forEach((path, index) => {
    checkPath(path, paths.index(index), errors)
  })
}

const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const WILDCARD_PROBLEM =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

function checkHost(host: string, at: FieldPath, errors: FieldErrors): void {
  if (!host.includes('*')) return errors.invalidAll(at, host, dns1123SubdomainErrors(host))
  if (!WILDCARD.test(host)) errors.invalid(at, host, WILDCARD_PROBLEM)
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']
const FORBIDDEN_PARTS = ['//', '/./', '/../', '%2f', '%2F']
const FORBIDDEN_ENDS = ['/..', '/.']

function checkPath(
  { path = '', pathType, backend }: DeepReadonly<HTTPIngressPath>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const where = at.child('path')
  if (!pathType) return errors.required(at.child('pathType'), 'pathType must be specified')
  if (!PATH_TYPES.includes(pathType)) errors.notSupported(at.child('pathType'), pathType, PATH_TYPES)
  else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) errors.invalid(where, path, 'must be an absolute path')
  } else checkExactPath(path, where, errors)
  checkBackend(backend, at.child('backend'), errors)
}

function checkExactPath(path: string, at: FieldPath, errors: FieldErrors): void {
  if (!path.startsWith('/')) errors.invalid(at, path, 'must be an absolute path')
  for (const part of FORBIDDEN_PARTS) if (path.includes(part)) errors.invalid(at, path, `must not contain '${part}'`)
  for (const end of FORBIDDEN_ENDS) if (path.endsWith(end)) errors.invalid(at, path, `cannot end with '${end}'`)
}

function checkBackend({ resource, service }: DeepReadonly<IngressBackend>, at: FieldPath, errors: FieldErrors): void {
  if (resource && service) return errors.invalid(at, '', 'cannot set both resource and service backends')
  if (resource) return checkResource(resource, at.child('resource'), errors)
  if (!service) return errors.invalid(at, '', 'resource or service backend is required')
  if (!service.name) errors.required(at.child('service.name'))
  else errors.invalidAll(at.child('service.name'), service.name, dns1123LabelErrors(service.name))
  const { name, number } = service.port ?? {}
  if (name && number) errors.invalid(at, '', 'cannot set both port name & port number')
  else if (name) errors.invalidAll(at.child('service.port.name'), name, portNameErrors(name))
  else if (number) checkPortNumber(number, at.child('service.port.number'), errors)
  else errors.required(at, 'port name or number is required')
}

function checkResource(
  { apiGroup, kind, name }: DeepReadonly<TypedLocalObjectReference>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (apiGroup) checkDns1123Subdomain(apiGroup, at.child('apiGroup'), errors)
  if (!kind) errors.required(at.child('kind'), 'kind is required')
  else errors.invalidAll(at.child('kind'), kind, pathSegmentErrors(kind))
  if (!name) errors.required(at.child('name'), 'name is required')
  else errors.invalidAll(at.child('name'), name, pathSegmentErrors(name))
}

function checkTls({ hosts, secretName }: DeepReadonly<IngressTLS>, at: FieldPath, errors: FieldErrors): void {
  if (secretName) checkDns1123Subdomain(secretName, at.child('secretName'), errors)
  hosts?.forEach((host, index) => {
    checkHost(host, at.child('hosts').index(index), errors)
  })
}
