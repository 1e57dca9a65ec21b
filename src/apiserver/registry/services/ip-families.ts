import { familyOf, type IpFamily, otherFamily } from '../../../api/addresses/ip-address.ts'
import { type FieldError, invalid, invalidObject } from '../../../api/field-error.ts'
import { checkClusterAddresses } from '../../../api/kinds/core/service/validate-addresses.ts'
import { collect } from '../../../api/kinds/validation/field-errors.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { HEADLESS, wantsAddress } from './service-spec.ts'

type Old = DeepReadonly<Service> | undefined
type Spec = DeepReadonly<Service['spec']>

const POLICY = 'spec.ipFamilyPolicy'

/**
 * Fills in `ipFamilyPolicy` and `ipFamilies` from each other, the cluster IPs and what the cluster has (`families`, the
 * default first); throws 422 where they contradict. Upstream: initIPFamilyFields (KEP-563).
 */
export function initFamilies(service: Service, old: Old, families: readonly IpFamily[]): void {
  const { spec } = service
  if (!wantsAddress(spec) || keepsPreference(service, old)) return
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (isSelectorless(spec) ? 'RequireDualStack' : 'SingleStack')
  refuse(
    service,
    collect((errors) => checkClusterAddresses(service, old, errors)),
  )
  refuse(service, [...releaseErrors(spec, old), ...singleStackErrors(spec), ...inferFamilies(spec, families)])
  if (isSelectorless(spec)) return completeSelectorless(spec, families)
  refuse(service, configurationErrors(spec, families))
  if (!spec.ipFamilies?.length) spec.ipFamilies = [families[0] as IpFamily]
  const isAlone = spec.ipFamilies.length === 1 && families.length === 2
  if (isAlone && spec.ipFamilyPolicy !== 'SingleStack') addOtherFamily(spec)
}

/** A Service that prefers two families keeps what it has when the cluster gains or loses one (upstream: #109988). */
export function keepsPreference({ spec }: DeepReadonly<Service>, old: Old): boolean {
  if (!old || spec.type !== old.spec.type) return false
  const bothPrefer =
    spec.ipFamilyPolicy === 'PreferDualStack' && (old.spec.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack'
  return bothPrefer && same(spec.clusterIPs, old.spec.clusterIPs) && same(spec.ipFamilies, old.spec.ipFamilies)
}

const same = (left: readonly string[] = [], right: readonly string[] = []): boolean =>
  left.length === right.length && left.every((item, index) => item === right[index])

/** Nobody knows the families of its endpoints: it may have both, whatever the cluster has. */
const isSelectorless = ({ clusterIP, selector }: Spec): boolean =>
  clusterIP === HEADLESS && Object.keys(selector ?? {}).length === 0

/** Going back to one family needs the policy to say so; then the second address and family go by themselves. */
function releaseErrors(spec: Service['spec'], old: Old): FieldError[] {
  if (!old) return []
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (spec.clusterIPs && same(spec.clusterIPs, old.spec.clusterIPs)) spec.clusterIPs = spec.clusterIPs.slice(0, 1)
    if (spec.ipFamilies && same(spec.ipFamilies, old.spec.ipFamilies)) spec.ipFamilies = spec.ipFamilies.slice(0, 1)
    return []
  }
  const isReduced = (now: readonly string[] = [], before: readonly string[] = []) =>
    now.length > 0 && now.length < before.length
  return [
    ...(isReduced(spec.clusterIPs, old.spec.clusterIPs)
      ? [policyError(spec, "must be 'SingleStack' to release the secondary cluster IP")]
      : []),
    ...(isReduced(spec.ipFamilies, old.spec.ipFamilies)
      ? [policyError(spec, "must be 'SingleStack' to release the secondary IP family")]
      : []),
  ]
}

function singleStackErrors(spec: Spec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return []
  const needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
  return [
    ...(spec.clusterIPs?.length === 2 ? [policyError(spec, `${needed} cluster IPs are specified`)] : []),
    ...(spec.ipFamilies?.length === 2 ? [policyError(spec, `${needed} IP families are specified`)] : []),
  ]
}

/** Addresses tell their families, as far as those are not given. */
function inferFamilies(spec: Service['spec'], families: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === HEADLESS) break
    if (index < (spec.ipFamilies?.length ?? 0)) continue
    const family = familyOf(address)
    if (families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else {
      errors.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, `${family} is not configured on this cluster`))
    }
  }
  return errors
}

function completeSelectorless(spec: Service['spec'], families: readonly IpFamily[]): void {
  if (!spec.ipFamilies?.length) spec.ipFamilies = [families[0] as IpFamily]
  if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') addOtherFamily(spec)
}

function configurationErrors(spec: Spec, families: readonly IpFamily[]): FieldError[] {
  const lacksSecond = spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2
  const unknown = (spec.ipFamilies ?? []).flatMap((family, index) =>
    families.includes(family as IpFamily)
      ? []
      : [invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
  )
  return [
    ...(lacksSecond ? [policyError(spec, 'this cluster is not configured for dual-stack services')] : []),
    ...unknown,
  ]
}

function addOtherFamily(spec: Service['spec']): void {
  const [first] = spec.ipFamilies as IpFamily[]
  spec.ipFamilies = [first as IpFamily, otherFamily(first as IpFamily)]
}

const policyError = (spec: Spec, why: string): FieldError => invalid(POLICY, spec.ipFamilyPolicy, why)

function refuse({ metadata }: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Service' }, metadata.name ?? '', errors)
}
