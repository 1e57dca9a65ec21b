import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, controlledBy, itself, settled, watch } from '../controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { controllerOf } from '../owner-references.ts'
import { isPodTerminal } from '../pod-state.ts'
import { sameTemplate } from '../template-hash.ts'
import { bookkeeping, DEPLOYMENT, newReplicaSet, refreshed } from './current-replica-set.ts'
import type { ProgressNews } from './deployment-status.ts'
import { deadlineMs, deploymentStatus, hasDeadline } from './deployment-status.ts'
import type { Generations, Sets } from './replica-sets.ts'
import { Annotation, byCreation, generationsOf, replicasOf, revisionOf } from './replica-sets.ts'
import type { Scaling } from './scale-plan.ts'
import { proportionalScaling, recreateStep, rollingStep, wasScaled } from './scale-plan.ts'

/** Rolls a Deployment's template out through ReplicaSets, one for each template. Upstream: deployment controller. */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  user: 'deployment-controller',
  watches: [watch('deployments', itself), watch('replicaSets', deploymentsOfSet), watch('pods', deploymentOfPod)],

  async reconcile(key, deps) {
    const deployment = deps.listers.deployments.get(key)
    if (!deployment) return settled
    if (selectsEverything(deployment)) return refuseSelector(deployment, deps)
    const sets = await claimSets(deployment, deps)
    const generations = generationsOf(deployment, sets)
    if (deployment.metadata.deletionTimestamp) return writeStatus(deployment, generations, {}, deps)
    if (deployment.spec.paused || wasScaled(deployment, generations)) return scaleOnly(deployment, generations, deps)
    return rollOut(deployment, generations, deps)
  },
}

function deploymentsOfSet(set: DeepReadonly<ReplicaSet>, { listers }: WatchContext): Iterable<string> {
  if (controllerOf(set)) return controlledBy('Deployment')(set)
  return listers.deployments
    .list(set.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec.selector).matches(set.metadata.labels ?? {}))
    .map(keyOf)
}

/** The end of an old pod matters to Recreate only, which waits for it. */
function deploymentOfPod(pod: DeepReadonly<Pod>, { listers }: WatchContext): Iterable<string> {
  const controller = controllerOf(pod)
  if (controller?.kind !== 'ReplicaSet') return []
  const set = listers.replicaSets.get({ namespace: pod.metadata.namespace, name: controller.name })
  const owner = set && controllerOf(set)
  const deployment = owner && listers.deployments.get({ namespace: pod.metadata.namespace, name: owner.name })
  return deployment?.spec.strategy?.type === 'Recreate' ? [keyOf(deployment)] : []
}

const selectsEverything = ({ spec }: DeepReadonly<Deployment>): boolean => labelSelectorMatcher(spec.selector).empty

async function refuseSelector(
  deployment: DeepReadonly<Deployment>,
  { client, events, signal }: ReconcileDeps,
): Promise<Outcome> {
  events.warning(deployment, 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.')
  const observedGeneration = deployment.metadata.generation ?? 0
  if ((deployment.status.observedGeneration ?? 0) < observedGeneration) {
    const object = editable<Deployment>(deployment)
    await client.deployments.updateStatus({ ...object, status: { ...object.status, observedGeneration } }, { signal })
  }
  return settled
}

function claimSets(deployment: DeepReadonly<Deployment>, { client, listers, signal }: ReconcileDeps): Promise<Sets> {
  const selector = labelSelectorMatcher(deployment.spec.selector)
  const candidates = listers.replicaSets.list(deployment.metadata.namespace)
  const sorted = claims<ReplicaSet>(deployment, candidates, ({ metadata }) => selector.matches(metadata.labels ?? {}))
  const at = { owner: deployment, kind: DEPLOYMENT, owners: client.deployments, dependents: client.replicaSets, signal }
  return applyClaims<ReplicaSet, Deployment>(sorted, at)
}

/** Paused, or scaled in the middle of a rollout: sizes follow, templates do not. */
async function scaleOnly(
  deployment: DeepReadonly<Deployment>,
  generations: Generations,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const scaled = await scale(deployment, proportionalScaling(deployment, generations), deps)
  if (!scaled) await noteSizes(deployment, generations, deps)
  if (deployment.spec.paused) await cleanUp(deployment, generations, deps)
  return writeStatus(deployment, generations, {}, deps)
}

/** Nothing had to change size for the new number: the sets still have to remember it, or it would be seen as new for ever. */
async function noteSizes(
  deployment: DeepReadonly<Deployment>,
  { current, old }: Generations,
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const sets = [...old, ...(current ? [current] : [])].filter((set) => replicasOf(set) > 0)
  const wanted = bookkeeping(deployment)
  const outdated = sets.filter(
    ({ metadata }) => metadata.annotations?.[Annotation.DesiredReplicas] !== wanted[Annotation.DesiredReplicas],
  )
  await apply(outdated, (set) => client.replicaSets.update(annotated(set, wanted), { signal }), { signal })
}

async function rollOut(
  deployment: DeepReadonly<Deployment>,
  generations: Generations,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const recreate = deployment.spec.strategy?.type === 'Recreate'
  if (recreate) {
    if (await scale(deployment, recreateStep(generations), deps)) return writeStatus(deployment, generations, {}, deps)
    if (oldPodsRemain(generations, deps)) return writeStatus(deployment, generations, {}, deps)
  }
  const { current, ...rest } = await ensureCurrent(deployment, generations, deps)
  if (!current) return writeStatus(deployment, generations, rest, deps)
  const now = { current, old: generations.old }
  const step = recreate ? growTo(deployment, current) : rollingStep(deployment, now)
  await scale(deployment, step, deps)
  await cleanUp(deployment, now, deps)
  return writeStatus(deployment, now, rest, deps)
}

function growTo({ spec }: DeepReadonly<Deployment>, current: DeepReadonly<ReplicaSet>): Scaling[] {
  const to = spec.replicas ?? 1
  return replicasOf(current) === to ? [] : [{ set: current, to }]
}

function oldPodsRemain({ old }: Generations, { listers }: ReconcileDeps): boolean {
  return old.some(({ metadata }) => listers.pods.ownedBy(metadata.uid).some((pod) => !isPodTerminal(pod)))
}

interface Ensured {
  readonly current?: DeepReadonly<ReplicaSet>
  readonly news?: ProgressNews
  readonly collisionCount?: number
  /** The Deployment as our own writes left it. */
  readonly written?: DeepReadonly<Deployment>
}

/** Finds the ReplicaSet of the present template and brings it up to date, or makes it. */
async function ensureCurrent(
  deployment: DeepReadonly<Deployment>,
  generations: Generations,
  deps: ReconcileDeps,
): Promise<Ensured> {
  const { client, signal } = deps
  const { current, old } = generations
  if (!current) return createCurrent(deployment, generations, deps)
  const update = refreshed(deployment, current, old)
  const set = update ? await client.replicaSets.update(update, { signal }) : current
  const written = await noteRevision(deployment, set, deps)
  const told = deployment.status.conditions?.some(({ type }) => type === 'Progressing')
  const news = !told && hasDeadline(deployment) ? { kind: 'found' as const, set: set.metadata.name } : undefined
  return { current: set, news, written }
}

async function createCurrent(
  deployment: DeepReadonly<Deployment>,
  generations: Generations,
  deps: ReconcileDeps,
): Promise<Ensured> {
  const { client, events, signal } = deps
  const collisionCount = deployment.status.collisionCount ?? 0
  const wanted = newReplicaSet(deployment, generations, collisionCount)
  try {
    const current = await client.replicaSets.create(wanted, { signal })
    const size = replicasOf(current)
    if (size > 0)
      events.normal(deployment, 'ScalingReplicaSet', `Scaled up replica set ${current.metadata.name} from 0 to ${size}`)
    const written = await noteRevision(deployment, current, deps)
    return { current, written, news: { kind: 'created', set: current.metadata.name } }
  } catch (error) {
    if (isNamespaceTerminating(error)) return {}
    if (!hasReason(error, Reason.AlreadyExists)) throw error
    return taken(deployment, wanted.metadata.name as string, collisionCount, deps)
  }
}

/** The name is taken: by our own set that the cache did not show yet, or by a stranger – then another name is due. */
async function taken(
  deployment: DeepReadonly<Deployment>,
  name: string,
  collisionCount: number,
  { client, signal }: ReconcileDeps,
): Promise<Ensured> {
  const present = await client.replicaSets.get({ namespace: deployment.metadata.namespace, name }, { signal })
  const ours = controllerOf(present)?.uid === deployment.metadata.uid
  if (ours && sameTemplate(present.spec.template, deployment.spec.template)) return { current: present }
  return { collisionCount: collisionCount + 1 }
}

/** The Deployment carries the revision of its present template; written as status, the generation does not move. */
async function noteRevision(
  deployment: DeepReadonly<Deployment>,
  set: DeepReadonly<ReplicaSet>,
  { client, signal }: ReconcileDeps,
): Promise<DeepReadonly<Deployment>> {
  const revision = String(revisionOf(set))
  if (deployment.metadata.annotations?.[Annotation.Revision] === revision) return deployment
  const object = editable<Deployment>(deployment)
  object.metadata.annotations = { ...object.metadata.annotations, [Annotation.Revision]: revision }
  return client.deployments.updateStatus(object, { signal })
}

/** Resizes sets; true when there was anything to do. */
async function scale(
  deployment: DeepReadonly<Deployment>,
  scalings: readonly Scaling[],
  { client, events, signal }: ReconcileDeps,
): Promise<boolean> {
  const resize = async ({ set, to }: Scaling): Promise<void> => {
    const from = replicasOf(set)
    const object = annotated(set, bookkeeping(deployment))
    await client.replicaSets.update({ ...object, spec: { ...object.spec, replicas: to } }, { signal })
    if (from === to) return
    events.normal(
      deployment,
      'ScalingReplicaSet',
      `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`,
    )
  }
  await apply(scalings, resize, { signal })
  return scalings.length > 0
}

function annotated(set: DeepReadonly<ReplicaSet>, annotations: Record<string, string>): ReplicaSet {
  const object = editable<ReplicaSet>(set)
  object.metadata.annotations = { ...object.metadata.annotations, ...annotations }
  return object
}

/** Removes the oldest ReplicaSets beyond the history limit once the rollout is complete. */
async function cleanUp(
  deployment: DeepReadonly<Deployment>,
  { current, old }: Generations,
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const { revisionHistoryLimit: limit = 10, replicas: wanted = 1 } = deployment.spec
  const complete = current?.status.availableReplicas === wanted || wanted === 0
  if (!complete || old.length <= limit) return
  const idle = [...old]
    .sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b))
    .slice(0, old.length - limit)
    .filter(isIdle)
  await apply(idle, ({ metadata }) => client.replicaSets.delete(metadata, { signal }), { signal })
}

function isIdle({ spec, status, metadata }: DeepReadonly<ReplicaSet>): boolean {
  const observed = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  return spec.replicas === 0 && (status.replicas ?? 0) === 0 && observed && !metadata.deletionTimestamp
}

async function writeStatus(
  deployment: DeepReadonly<Deployment>,
  generations: Generations,
  { news, collisionCount, written = deployment }: Ensured,
  { client, clock, signal }: ReconcileDeps,
): Promise<Outcome> {
  const now = clock.now()
  const status = deploymentStatus(deployment, generations, { now, news, collisionCount })
  if (!sameStatus(status, deployment.status)) {
    const body = { status: { ...status, conditions: status.conditions ?? [] } }
    await client.deployments.updateStatus({ ...editable<Deployment>(written), ...body }, { signal })
  }
  const ms = deadlineMs(
    deployment,
    status.conditions?.find(({ type }) => type === 'Progressing'),
    now,
  )
  return ms === undefined ? settled : after(Math.max(ms, 0) + 1000)
}

function sameStatus(a: DeploymentStatus, b: DeepReadonly<DeploymentStatus>): boolean {
  const form = (status: DeepReadonly<DeploymentStatus>): string =>
    JSON.stringify([
      ...(
        [
          'observedGeneration',
          'replicas',
          'updatedReplicas',
          'readyReplicas',
          'availableReplicas',
          'unavailableReplicas',
          'terminatingReplicas',
          'collisionCount',
        ] as const
      ).map((field) => status[field] ?? 0),
      status.conditions ?? [],
    ])
  return form(a) === form(b)
}
