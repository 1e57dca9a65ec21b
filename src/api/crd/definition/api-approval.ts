import type { FieldError } from '../../field-error.ts'
import { invalid, required } from '../../field-error.ts'
import { parseRequestUri } from '../go-url.ts'
import type { Definition } from './internal-spec.ts'

/** Annotation that groups of the Kubernetes community need: the URL of the API's approval, or `unapproved…`. */
export const API_APPROVED = 'api-approved.kubernetes.io'

export type ApprovalState = 'missing' | 'bypassed' | 'approved' | 'invalid'

export interface Approval {
  readonly state: ApprovalState
  /** Upstream's words for the state, for conditions and errors. */
  readonly reason: string
}

const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** Groups below k8s.io and kubernetes.io are the community's. */
export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

/** What the annotation says of the approval of an API. Upstream: GetAPIApprovalState. */
export function approvalOf({ metadata }: Pick<Definition, 'metadata'>): Approval {
  const annotation = metadata.annotations?.[API_APPROVED] ?? ''
  const must = `protected groups must have approval annotation "${API_APPROVED}"`
  if (annotation === '') return { state: 'missing', reason: `${must}, ${SEE}` }
  if (annotation.startsWith('unapproved')) {
    return { state: 'bypassed', reason: `not approved: ${JSON.stringify(annotation)}` }
  }
  const { error, host, scheme } = parseRequestUri(annotation)
  if (error === undefined && host !== '' && scheme !== '') {
    return { state: 'approved', reason: `approved in ${annotation}` }
  }
  return { state: 'invalid', reason: `${must} with either a URL or a reason starting with "unapproved", ${SEE}` }
}

/** Refuses a new or changed annotation of a protected group that is no approval. */
export function approvalErrors(definition: Definition, old: Definition | undefined): FieldError[] {
  if (!isProtectedGroup(definition.spec.group)) return []
  const { state, reason } = approvalOf(definition)
  if (old && approvalOf(old).state === state) return []
  const at = `metadata.annotations[${API_APPROVED}]`
  if (state === 'missing') return [required(at, reason)]
  if (state === 'invalid') return [invalid(at, definition.metadata.annotations?.[API_APPROVED] ?? '', reason)]
  return []
}
