import type { ReadonlyService } from './kinds-of-service.ts'

/** Advice on fields that are there and do nothing, or soon will not. */
export function serviceWarnings({ metadata, spec }: ReadonlyService): string[] {
  const warnings: string[] = []
  if (metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined) {
    warnings.push(
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    )
  }
  if (spec.type === 'ExternalName' && spec.externalIPs?.length) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  const isHeadless = spec.clusterIP === 'None'
  if (isHeadless && spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services')
  if (isHeadless && spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored for headless services')
  if (isHeadless && spec.sessionAffinity && spec.sessionAffinity !== 'None') {
    warnings.push('spec.SessionAffinity is ignored for headless services')
  }
  return warnings
}
