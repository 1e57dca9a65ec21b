import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { ControllerRevision, StatefulSet } from '../../api/types/apps.v1.ts'
import type { PodTemplateSpec } from '../../api/types/core.v1.ts'
import type { NamespacedMeta } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ResourceClient } from '../../client/client.ts'
import { applyClaims, claims } from '../adoption.ts'
import type { ReconcileDeps } from '../controller.ts'
import type { OwnerKind } from '../owner-references.ts'
import { controllerReference } from '../owner-references.ts'
import { sameTemplate, templateHash } from '../template-hash.ts'

export type Revision = DeepReadonly<ControllerRevision>

/** What a StatefulSet and a DaemonSet have in common: a template whose history is kept as ControllerRevisions. */
export type Versioned = DeepReadonly<{
  metadata: NamespacedMeta
  spec: { selector: StatefulSet['spec']['selector']; template: PodTemplateSpec; revisionHistoryLimit?: number }
  status: { collisionCount?: number }
}>

/** How a kind writes its history. */
export interface HistoryKind extends OwnerKind {
  /** Label of a revision that carries the hash of its template. */
  readonly hashLabel: string
  /** The owner's client: adoption asks it whether the owner is still there. */
  readonly owners: (deps: ReconcileDeps) => ResourceClient<never>
}

/** A workload's revisions by number, and which of them has its present template. */
export interface History {
  readonly revisions: readonly Revision[]
  readonly current: Revision
  readonly collisionCount: number
}

/** The template that a revision keeps. */
export function templateOf({ data }: Revision): DeepReadonly<PodTemplateSpec> {
  const { template } = (data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
  const { $patch: _patch, ...rest } = template
  return rest
}

export const byRevision = (a: Revision, b: Revision): number =>
  a.revision - b.revision ||
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
  compare(a.metadata.name, b.metadata.name)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Claims the revisions, and makes or renumbers the one of the present template so that it is the newest. */
export async function keepHistory(owner: Versioned, kind: HistoryKind, deps: ReconcileDeps): Promise<History> {
  const revisions = [...(await claimRevisions(owner, kind, deps))].sort(byRevision)
  const collisionCount = owner.status.collisionCount ?? 0
  const equal = revisions.filter((revision) => sameTemplate(templateOf(revision), owner.spec.template)).at(-1)
  const newest = revisions.at(-1)
  if (!equal) return createRevision(owner, kind, revisions, collisionCount, deps)
  if (equal === newest) return { revisions, current: equal, collisionCount }
  const current = await renumber(equal, (newest?.revision ?? 0) + 1, deps)
  return { revisions: [...revisions.filter((revision) => revision !== equal), current], current, collisionCount }
}

/** Which revisions are beyond the limit: the oldest of those that nothing refers to. */
export function surplusRevisions(
  { revisions }: History,
  live: ReadonlySet<string>,
  limit: number,
): readonly Revision[] {
  const idle = revisions.filter(({ metadata }) => !live.has(metadata.name))
  return idle.slice(0, Math.max(0, idle.length - limit))
}

function claimRevisions(owner: Versioned, kind: HistoryKind, deps: ReconcileDeps): Promise<readonly Revision[]> {
  const { client, listers, signal } = deps
  const selector = labelSelectorMatcher(owner.spec.selector)
  const candidates = listers.controllerRevisions.list(owner.metadata.namespace)
  const sorted = claims<ControllerRevision>(owner, candidates, ({ metadata }) =>
    selector.matches(metadata.labels ?? {}),
  )
  const at = { owner: owner as never, kind, owners: kind.owners(deps), dependents: client.controllerRevisions, signal }
  return applyClaims<ControllerRevision, never>(sorted, at)
}

/** A taken name with the same template is ours, of which the cache does not know yet; with another one it is a collision. */
async function createRevision(
  owner: Versioned,
  kind: HistoryKind,
  revisions: readonly Revision[],
  collisionCount: number,
  deps: ReconcileDeps,
): Promise<History> {
  const { controllerRevisions } = deps.client
  const draft = newRevision(owner, kind, (revisions.at(-1)?.revision ?? 0) + 1, collisionCount)
  try {
    const current = await controllerRevisions.create(draft, { signal: deps.signal })
    return { revisions: [...revisions, current], current, collisionCount }
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
    const name = { name: draft.metadata.name ?? '', namespace: owner.metadata.namespace }
    const taken = await controllerRevisions.get(name, { signal: deps.signal })
    if (sameTemplate(templateOf(taken), owner.spec.template)) {
      return { revisions: [...revisions, taken], current: taken, collisionCount }
    }
    return createRevision(owner, kind, revisions, collisionCount + 1, deps)
  }
}

/** The revision of the owner's present template, under a name made of its hash. */
export function newRevision(
  owner: Versioned,
  { hashLabel, ...kind }: HistoryKind,
  revision: number,
  collisionCount: number,
): New<ControllerRevision> {
  const hash = templateHash(owner.spec.template, collisionCount)
  const { annotations } = owner.metadata
  return {
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      namespace: owner.metadata.namespace,
      labels: { ...owner.spec.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations && { annotations: { ...annotations } }),
      ownerReferences: [controllerReference(owner, kind)],
    },
    data: { spec: { template: { ...editable(owner.spec.template), $patch: 'replace' } } },
    revision,
  }
}

function renumber(old: Revision, revision: number, { client, signal }: ReconcileDeps): Promise<Revision> {
  return client.controllerRevisions.update({ ...editable<ControllerRevision>(old), revision }, { signal })
}
