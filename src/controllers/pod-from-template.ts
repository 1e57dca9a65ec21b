import type { Pod, PodTemplateSpec } from '../api/types/core.v1.ts'
import type { TemplateMeta } from '../api/types/meta.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { editable } from '../base/deep-readonly.ts'
import type { New } from '../client/client.ts'
import type { OwnerKind } from './owner-references.ts'
import { controllerReference } from './owner-references.ts'

type Owner = DeepReadonly<{ metadata: { name: string; namespace: string; uid: string } }>

/** The pod that a workload makes from its template; the server completes the name. */
export function podFromTemplate(template: DeepReadonly<PodTemplateSpec>, owner: Owner, kind: OwnerKind): New<Pod> {
  const { labels, annotations, finalizers }: DeepReadonly<TemplateMeta> = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(owner, kind)],
    },
    spec: editable<Pod['spec']>(template.spec as DeepReadonly<Pod['spec']>),
  }
}
