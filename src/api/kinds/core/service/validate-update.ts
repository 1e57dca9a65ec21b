import { isIP } from 'node:net'
import type { FieldError } from '../../../field-error.ts'
import type { UpdateContext } from '../../../resource.ts'
import type { Service } from '../../../types/core.v1.ts'
import { checkAddress } from '../../validation/addresses.ts'
import { checkOptionalChoice, choices } from '../../validation/choices.ts'
import { collect, type FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { checkDns1123Subdomain } from '../../validation/names.ts'
import { isHeadless, needsHealthCheck, type ReadonlyService } from './kinds-of-service.ts'

const FIXED = 'may not change once set'
const addressesPath = FieldPath.of('spec.clusterIPs')
const familiesPath = FieldPath.of('spec.ipFamilies')

export function validateServiceUpdate(service: ReadonlyService, context: UpdateContext<Service>): FieldError[] {
  return collect((errors) => {
    if (context.subresource === 'status') checkStatus(service, context.old, errors)
    else checkSpec(service, context.old, errors)
  })
}

function checkSpec(service: ReadonlyService, old: ReadonlyService, errors: FieldErrors): void {
  const { spec } = service
  if (spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName') {
    checkAddressChange(service, old, errors)
    checkFamilyChange(service, old, errors)
  }
  const bothBalanced = spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer'
  if (bothBalanced && spec.loadBalancerClass !== old.spec.loadBalancerClass) {
    errors.invalid('spec.loadBalancerClass', spec.loadBalancerClass, FIXED)
  }
  const bothChecked = needsHealthCheck(service) && needsHealthCheck(old)
  if (bothChecked && spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
    errors.forbidden('spec.healthCheckNodePort', 'field is immutable')
  }
}

/** The primary address stays; a second one may come, or go with a policy that says so. */
function checkAddressChange(service: ReadonlyService, old: ReadonlyService, errors: FieldErrors): void {
  if (isHeadless(service) && isHeadless(old)) return
  const now = service.spec.clusterIPs ?? []
  const before = old.spec.clusterIPs ?? []
  if (now.length === before.length) {
    before.forEach((address, index) => {
      if (address !== now[index]) errors.invalid(addressesPath.index(index), now, FIXED)
    })
    return
  }
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) errors.invalid(addressesPath.index(0), now, FIXED)
  if (now.length > before.length) return
  if (now.length === 0) errors.invalid(addressesPath.index(0), now, 'primary clusterIP can not be unset')
  if (now.length === 1) checkReleased(service, 'secondary clusterIP', errors)
}

function checkFamilyChange(service: ReadonlyService, old: ReadonlyService, errors: FieldErrors): void {
  if (isHeadless(service) || isHeadless(old)) return
  const now = service.spec.ipFamilies ?? []
  const before = old.spec.ipFamilies ?? []
  const at = familiesPath.index(0)
  if (now.length === before.length) {
    for (const [index, family] of before.entries()) if (family !== now[index]) errors.invalid(at, now, FIXED)
    return
  }
  if (now.length < before.length && !service.spec.clusterIPs?.length) {
    errors.invalid(at, now, 'primary ipFamily can not be unset')
  }
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) {
    errors.invalid(at, service.spec.clusterIPs, FIXED)
  }
  if (now.length < before.length && now.length === 1) checkReleased(service, 'secondary ipFamily', errors)
}

function checkReleased({ spec }: ReadonlyService, what: string, errors: FieldErrors): void {
  if (spec.ipFamilyPolicy === 'SingleStack') return
  errors.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, `must be set to 'SingleStack' when releasing the ${what}`)
}

const addressModes = choices('VIP', 'Proxy')

function checkStatus({ spec, status }: ReadonlyService, old: ReadonlyService, errors: FieldErrors): void {
  const entries = status.loadBalancer?.ingress ?? []
  const list = FieldPath.of('status.loadBalancer.ingress')
  if (entries.length > 0 && spec.type !== 'LoadBalancer') {
    return errors.forbidden(list, "may only be used when `spec.type` is 'LoadBalancer'")
  }
  const known = old.status.loadBalancer?.ingress?.map(({ ip = '' }) => ip)
  entries.forEach(({ ip, ipMode, hostname }, index) => {
    const at = list.index(index)
    if (ip) checkAddress(ip, at.child('ip'), errors, known)
    if (ip && ipMode === undefined) errors.required(at.child('ipMode'), 'must be specified when `ip` is set')
    else if (ipMode !== undefined && !ip) {
      errors.forbidden(at.child('ipMode'), 'may not be specified when `ip` is not set')
    } else checkOptionalChoice(ipMode, addressModes, at.child('ipMode'), errors)
    if (!hostname) return
    checkDns1123Subdomain(hostname, at.child('hostname'), errors)
    if (isIP(hostname)) errors.invalid(at.child('hostname'), hostname, 'must be a DNS name, not an IP address')
  })
}
