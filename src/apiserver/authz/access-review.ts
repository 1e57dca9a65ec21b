import type { FieldError } from '../../api/field-error.ts'
import { FieldErrorType, invalid, invalidObject } from '../../api/field-error.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/types/authorization.v1.ts'
import type { FieldSelectorRequirement, LabelSelectorRequirement } from '../../api/types/meta.v1.ts'
import type { RequestAttributes, UserInfo } from '../request.ts'
import type { Authorizer } from './authorizer.ts'

type Attributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>
const GROUP = { group: 'authorization.k8s.io', kind: '' }

/** Answers a SubjectAccessReview: the same object with its status. Throws 422 on a malformed one. */
export function reviewSubjectAccess(review: SubjectAccessReview, authorizer: Authorizer): SubjectAccessReview {
  refuse([...attributeErrors(review.spec), ...subjectErrors(review.spec), ...metadataErrors(review.metadata)])
  return { ...review, status: decide(review.spec, subjectOf(review.spec), authorizer) }
}

/** As reviewSubjectAccess, about requests in the namespace that the review was posted to. */
export function reviewLocalSubjectAccess(
  review: LocalSubjectAccessReview,
  namespace: string,
  authorizer: Authorizer,
): LocalSubjectAccessReview {
  const { spec } = review
  const { namespace: _own, ...metadata } = review.metadata
  refuse([
    ...attributeErrors(spec),
    ...subjectErrors(spec),
    ...metadataErrors(metadata),
    ...localErrors(spec, namespace),
  ])
  return { ...review, status: decide(spec, subjectOf(spec), authorizer) }
}

/** May the asking user itself do this. */
export function reviewSelfSubjectAccess(
  review: SelfSubjectAccessReview,
  user: UserInfo,
  authorizer: Authorizer,
): SelfSubjectAccessReview {
  refuse([...attributeErrors(review.spec), ...metadataErrors(review.metadata)])
  return { ...review, status: decide(review.spec, user, authorizer) }
}

function decide(spec: Attributes, user: UserInfo, authorizer: Authorizer): SubjectAccessReviewStatus {
  const { verdict, reason } = authorizer.authorize(requestOf(spec, user))
  return {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' && { denied: true }),
    ...(reason !== '' && { reason }),
  }
}

function requestOf({ resourceAttributes, nonResourceAttributes }: Attributes, user: UserInfo): RequestAttributes {
  if (nonResourceAttributes) {
    return { user, verb: nonResourceAttributes.verb ?? '', path: nonResourceAttributes.path ?? '' }
  }
  const about = resourceAttributes ?? {}
  const fieldSelector = fieldSelectorText(about.fieldSelector)
  const labelSelector = labelSelectorText(about.labelSelector)
  return {
    user,
    verb: about.verb ?? '',
    group: about.group ?? '',
    version: about.version ?? '',
    resource: about.resource ?? '',
    subresource: about.subresource ?? '',
    namespace: about.namespace ?? '',
    name: about.name ?? '',
    ...(fieldSelector && { fieldSelector }),
    ...(labelSelector && { labelSelector }),
  }
}

function subjectOf({ user, groups, uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user ?? '', groups: groups ?? [], ...(uid && { uid }), ...(extra && { extra }) }
}

/** A field selector asks for one value a field; wider requirements narrow nothing that authorizers look at. */
function fieldSelectorText(selector: FieldSelectorAttributes | undefined): string {
  if (selector?.rawSelector) return selector.rawSelector
  const single = ({ operator, values }: FieldSelectorRequirement) => operator === 'In' && values?.length === 1
  return (selector?.requirements ?? [])
    .filter(single)
    .map(({ key, values }) => `${key}=${values?.[0]}`)
    .join(',')
}

function labelSelectorText(selector: LabelSelectorAttributes | undefined): string {
  if (selector?.rawSelector) return selector.rawSelector
  const texts: Record<LabelSelectorRequirement['operator'], (key: string, values: string) => string> = {
    In: (key, values) => `${key} in (${values})`,
    NotIn: (key, values) => `${key} notin (${values})`,
    Exists: (key) => key,
    DoesNotExist: (key) => `!${key}`,
  }
  const text = ({ key, operator, values = [] }: LabelSelectorRequirement) => texts[operator](key, values.join(','))
  return (selector?.requirements ?? []).map(text).join(',')
}

function attributeErrors({ resourceAttributes, nonResourceAttributes }: Attributes): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    const why = 'cannot be specified in combination with resourceAttributes'
    return [invalid('spec.nonResourceAttributes', nonResourceAttributes, why)]
  }
  if (resourceAttributes || nonResourceAttributes) return []
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalid('spec.resourceAttributes', null, why)]
}

function subjectErrors({ user, groups }: SubjectAccessReviewSpec): FieldError[] {
  if (user || groups?.length) return []
  return [invalid('spec.user', user ?? '', 'at least one of user or group must be specified')]
}

function metadataErrors({
  managedFields: _fields,
  ...metadata
}: Partial<SubjectAccessReview['metadata']>): FieldError[] {
  const set = Object.values(metadata).some((value) => value !== undefined && value !== null && value !== '')
  return set ? [invalid('metadata', metadata, 'must be empty')] : []
}

function localErrors({ resourceAttributes }: SubjectAccessReviewSpec, namespace: string): FieldError[] {
  const field = 'spec.resourceAttributes.namespace'
  if (!resourceAttributes) {
    return [
      {
        type: FieldErrorType.Invalid,
        field: 'spec.nonResourceAttributes',
        message: 'Invalid value: null: disallowed on this kind of request',
      },
    ]
  }
  const asked = resourceAttributes.namespace ?? ''
  return asked === namespace ? [] : [invalid(field, asked, 'must match metadata.namespace')]
}

function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw invalidObject(GROUP, '', errors)
}
