/** The fields of ObjectMeta before and after resourceVersion, as Go writes them (k8s.io/apimachinery meta/v1 ObjectMeta). */
export const BEFORE_REVISION = ['name', 'generateName', 'namespace', 'selfLink', 'uid'] as const
export const AFTER_REVISION = [
  ...(['generation', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const),
  ...(['labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields'] as const),
]
