import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from '../../types/authorization.v1.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'

const GROUP = 'authorization.k8s.io/v1'

/** authorization.k8s.io/v1 SubjectAccessReview: a question that is answered and not stored. Upstream: pkg/apis/authorization. */
export const subjectAccessReviews = defineResource<SubjectAccessReview>(GROUP, 'subjectaccessreviews', {
  validate: (review) =>
    collect((errors) => {
      checkAttributes(review.spec, errors)
      checkSubject(review.spec, errors)
      checkNoMetadata(review, [], errors)
    }),
  generation: false,
})

/** The same about whoever asks. */
export const selfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>(GROUP, 'selfsubjectaccessreviews', {
  validate: (review) =>
    collect((errors) => {
      checkAttributes(review.spec, errors)
      checkNoMetadata(review, [], errors)
    }),
  generation: false,
})

/** The same within one namespace, for those who may ask only there. */
export const localSubjectAccessReviews = defineResource<LocalSubjectAccessReview>(GROUP, 'localsubjectaccessreviews', {
  validate: (review) =>
    collect((errors) => {
      checkAttributes(review.spec, errors)
      checkSubject(review.spec, errors)
      checkNoMetadata(review, ['namespace'], errors)
      checkNamespace(review, errors)
    }),
  generation: false,
})

function checkAttributes(spec: DeepReadonly<SelfSubjectAccessReviewSpec>, errors: FieldErrors): void {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  if (resource && path) {
    errors.invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes')
  }
  if (!resource && !path) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.invalid('spec.resourceAttributes', null, why)
  }
}

function checkSubject({ user, groups }: DeepReadonly<SubjectAccessReviewSpec>, errors: FieldErrors): void {
  if (!user && !groups?.length)
    errors.invalid('spec.user', user ?? '', 'at least one of user or group must be specified')
}

/** Reviews have no identity; the server's own fields do not count. */
function checkNoMetadata(
  { metadata }: { readonly metadata: DeepReadonly<SubjectAccessReview['metadata']> },
  allowed: readonly string[],
  errors: FieldErrors,
): void {
  const given = ['name', 'generateName', 'labels', 'annotations', 'finalizers', 'ownerReferences', 'namespace'] as const
  const extra = given.some((field) => metadata?.[field] !== undefined && !allowed.includes(field))
  if (!extra) return
  const except = allowed.length > 0 ? ` except for ${allowed.join(', ')}` : ''
  errors.invalid('metadata', metadata, `must be empty${except}`)
}

function checkNamespace({ metadata, spec }: DeepReadonly<LocalSubjectAccessReview>, errors: FieldErrors): void {
  const namespace = spec.resourceAttributes?.namespace ?? ''
  if (spec.resourceAttributes && namespace !== metadata.namespace) {
    errors.invalid('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace')
  }
  if (spec.nonResourceAttributes) {
    errors.invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request')
  }
}
