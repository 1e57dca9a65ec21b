import type { Deployment, ReplicaSet } from '../../api/types/apps.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { controllerReference } from '../owner-references.ts'
import { POD_TEMPLATE_HASH, templateHash } from '../template-hash.ts'
import type { Generations, Sets } from './replica-sets.ts'
import { Annotation, boundsOf, revisionOf } from './replica-sets.ts'
import { currentSize } from './scale-plan.ts'

export const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' }

/** Annotations that belong to the Deployment or to kubectl and are not handed down. */
const OWN_ANNOTATIONS = new Set<string>([
  'kubectl.kubernetes.io/last-applied-configuration',
  ...Object.values(Annotation),
  'deprecated.deployment.rollback.to',
])

/** The revision that the present template has or gets: one above all others. */
export function currentRevision(old: Sets): number {
  return Math.max(0, ...old.map(revisionOf)) + 1
}

/** A ReplicaSet for the Deployment's present template. */
export function newReplicaSet(
  deployment: DeepReadonly<Deployment>,
  generations: Generations,
  collisionCount: number,
): New<ReplicaSet> {
  const hash = templateHash(deployment.spec.template, collisionCount)
  const template = editable<ReplicaSet['spec']['template']>(deployment.spec.template) ?? {}
  const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  const selector = editable<ReplicaSet['spec']['selector']>(deployment.spec.selector)
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...handedDown(deployment),
        ...bookkeeping(deployment),
        [Annotation.Revision]: String(currentRevision(generations.old)),
      },
      ownerReferences: [controllerReference(deployment, DEPLOYMENT)],
    },
    spec: {
      replicas: currentSize(deployment, generations),
      minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** What the sets of a rollout were sized for, by which a later scaling is noticed. */
export function bookkeeping(deployment: DeepReadonly<Deployment>): Record<string, string> {
  const wanted = deployment.spec.replicas ?? 1
  return {
    [Annotation.DesiredReplicas]: String(wanted),
    [Annotation.MaxReplicas]: String(wanted + boundsOf(deployment).maxSurge),
  }
}

function handedDown({ metadata }: DeepReadonly<Deployment>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key)))
}

/** The present ReplicaSet as it should be but for its size, or undefined when it is so. A revision never falls. */
export function refreshed(
  deployment: DeepReadonly<Deployment>,
  current: DeepReadonly<ReplicaSet>,
  old: Sets,
): ReplicaSet | undefined {
  const set = editable<ReplicaSet>(current)
  const annotations = { ...set.metadata.annotations, ...handedDown(deployment), ...bookkeeping(deployment) }
  const [before, revision] = [revisionOf(current), currentRevision(old)]
  if (revision > before) {
    annotations[Annotation.Revision] = String(revision)
    if (before > 0) annotations[Annotation.RevisionHistory] = history(annotations[Annotation.RevisionHistory], before)
  }
  set.metadata.annotations = annotations
  set.spec.minReadySeconds = deployment.spec.minReadySeconds ?? 0
  const changed =
    JSON.stringify(annotations) !== JSON.stringify(current.metadata.annotations) ||
    (current.spec.minReadySeconds ?? 0) !== set.spec.minReadySeconds
  return changed ? set : undefined
}

/** Earlier revisions that had this template, at most 2000 characters of them. */
function history(present: string | undefined, revision: number): string {
  const entries = [...(present ? present.split(',') : []), String(revision)]
  while (entries.join(',').length > 2000) entries.shift()
  return entries.join(',')
}
