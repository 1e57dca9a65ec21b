import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Condition } from './conditions.ts'

const ANNOTATION = 'api-approved.kubernetes.io'
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** Whether a definition of a group of the Kubernetes community may be one (KEP-1111); undefined for all other groups. */
export function approvalCondition({ metadata, spec }: DeepReadonly<CustomResourceDefinition>): Condition | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return undefined
  const annotation = metadata.annotations?.[ANNOTATION] ?? ''
  const needs = `protected groups must have approval annotation ${JSON.stringify(ANNOTATION)}`
  if (annotation === '') return condition('False', 'MissingAnnotation', `${needs}, ${SEE}`)
  if (annotation.startsWith('unapproved')) {
    return condition('False', 'UnapprovedAnnotation', `not approved: ${JSON.stringify(annotation)}`)
  }
  if (URL.parse(annotation)?.host) return condition('True', 'ApprovedAnnotation', `approved in ${annotation}`)
  const why = `${needs} with either a URL or a reason starting with "unapproved", ${SEE}`
  return condition('False', 'InvalidAnnotation', why)
}

const condition = (status: Condition['status'], reason: string, message: string): Condition => ({
  type: 'KubernetesAPIApprovalPolicyConformant',
  status,
  reason,
  message,
})
