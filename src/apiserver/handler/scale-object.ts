import type { ApiObject, ScaleRule } from '../../api/resource.ts'
import type { Scale } from '../../api/types/autoscaling.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Expected } from './body.ts'

export const SCALE: Expected = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  type: 'io.k8s.api.autoscaling.v1.Scale',
}

/** The Scale of an object. */
export function scaleOf(object: DeepReadonly<ApiObject>, rule: ScaleRule<ApiObject>): Scale & ApiObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = replicasAt(object, rule.specReplicas)
  const selector = rule.selector(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as ApiObject['metadata'],
    spec: replicas ? { replicas } : {},
    status: { replicas: replicasAt(object, rule.statusReplicas) ?? 0, ...(selector !== '' && { selector }) },
  }
}

/** A count in an object, by the path of its field. */
export function replicasAt(object: unknown, path: string): number | undefined {
  let value: unknown = object
  for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name]
  return value as number | undefined
}
