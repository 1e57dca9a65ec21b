import { checkAddress, isDualStack, isVersion6 } from '../../validation/addresses.ts'
import { checkOptionalChoice, choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { isHeadless, type ReadonlyService } from './kinds-of-service.ts'

const families = choices('IPv4', 'IPv6')
const policies = choices('SingleStack', 'PreferDualStack', 'RequireDualStack')

const addressesPath = FieldPath.of('spec.clusterIPs')
const familiesPath = FieldPath.of('spec.ipFamilies')
const policyPath = FieldPath.of('spec.ipFamilyPolicy')

/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy agree with each other. */
export function checkClusterAddresses(
  service: ReadonlyService,
  old: ReadonlyService | undefined,
  errors: FieldErrors,
): void {
  const { spec } = service
  if (spec.type === 'ExternalName') return
  checkFirstAddress(service, errors)
  checkFamilies(service, errors)
  checkOptionalChoice(spec.ipFamilyPolicy, policies, policyPath, errors)
  const addresses = spec.clusterIPs ?? []
  const before = errors.count
  checkEachAddress(addresses, old?.spec.clusterIPs, errors)
  const areValid = errors.count === before
  if (addresses.length > 2) errors.invalid(addressesPath, addresses, 'may only hold up to 2 values')
  if (!areValid) return
  if (addresses.length > 1 && !isDualStack(addresses)) {
    errors.invalid(addressesPath, addresses, 'may specify no more than one IP for each IP family')
  }
  if (!isHeadless(service)) checkMatchFamilies(addresses, spec.ipFamilies ?? [], errors)
}

function checkFirstAddress({ spec }: ReadonlyService, errors: FieldErrors): void {
  const addresses = spec.clusterIPs ?? []
  if (!spec.clusterIP) {
    if (addresses.length > 0) {
      errors.invalid(addressesPath, addresses, 'must be empty when `clusterIP` is not specified')
    }
  } else if (addresses.length === 0) errors.required(addressesPath)
  else if (addresses[0] !== spec.clusterIP) {
    errors.invalid(addressesPath, addresses, 'first value must match `clusterIP`')
  }
}

function checkFamilies({ spec }: ReadonlyService, errors: FieldErrors): void {
  const seen = new Set<string>()
  spec.ipFamilies?.forEach((family, index) => {
    checkOptionalChoice(family, families, familiesPath.index(index), errors)
    if (seen.has(family)) errors.duplicate(familiesPath.index(index), family)
    seen.add(family)
  })
}

function checkEachAddress(
  addresses: readonly string[],
  known: readonly string[] | undefined,
  errors: FieldErrors,
): void {
  for (const [index, address] of addresses.entries()) {
    if (index === 0 && address === 'None') {
      if (addresses.length > 1) errors.invalid(addressesPath, addresses, "'None' must be the first and only value")
    } else checkAddress(address, addressesPath.index(index), errors, known)
  }
}

function checkMatchFamilies(addresses: readonly string[], wanted: readonly string[], errors: FieldErrors): void {
  for (const [index, address] of addresses.entries()) {
    const family = wanted[index]
    if (family === undefined || family === (isVersion6(address) ? 'IPv6' : 'IPv4')) continue
    const problem = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``
    errors.invalid(addressesPath.index(index), address, problem)
  }
}
