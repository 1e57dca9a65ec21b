import type { Pod } from '../../../api/types/core.v1.ts'
import type { PriorityClass } from '../../../api/types/scheduling.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { isAbout, refuse } from '../refuse.ts'

const GROUP = 'scheduling.k8s.io'
type PreemptionPolicy = NonNullable<Pod['spec']['preemptionPolicy']>

interface Resolved {
  readonly className: string
  readonly value: number
  readonly preemptionPolicy: PreemptionPolicy
}

const NO_CLASS: Resolved = { className: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' }

/** Writes the number that a pod's priority class stands for into the pod; allows one default class only. */
export function priority({ priorityClasses }: Pick<AdmissionDeps, 'priorityClasses'>): AdmissionPlugin {
  return {
    name: 'Priority',
    handles: ({ operation }) => operation === 'CREATE' || operation === 'UPDATE',
    mutate(request) {
      if (!isAbout(request, '', 'pods')) return
      if (request.operation === 'UPDATE') keep(request.object as Pod, request.old as DeepReadonly<Pod>)
      else fill(request, resolve(request, priorityClasses))
    },
    validate(request) {
      if (isAbout(request, GROUP, 'priorityclasses')) refuseSecondDefault(request, priorityClasses.list())
    },
  }
}

/** Old clients leave out what they do not know. */
function keep({ spec }: Pod, old: DeepReadonly<Pod>): void {
  spec.priority ??= old.spec.priority
  spec.preemptionPolicy ??= old.spec.preemptionPolicy
  if (spec.priority === undefined) delete spec.priority
  if (spec.preemptionPolicy === undefined) delete spec.preemptionPolicy
}

function resolve(request: AdmissionRequest, classes: AdmissionDeps['priorityClasses']): Resolved {
  const name = (request.object as Pod).spec.priorityClassName
  const found = name ? classes.get({ name }) : defaultClass(classes.list())
  if (name && !found) throw refuse(request, `no PriorityClass with name ${name} was found`)
  if (!found) return NO_CLASS
  return {
    className: found.metadata.name,
    value: found.value ?? 0,
    preemptionPolicy: (found.preemptionPolicy as PreemptionPolicy | undefined) ?? 'PreemptLowerPriority',
  }
}

/** Of several defaults, which only a race can make, the lowest counts. */
function defaultClass(all: readonly DeepReadonly<PriorityClass>[]): DeepReadonly<PriorityClass> | undefined {
  let lowest: DeepReadonly<PriorityClass> | undefined
  for (const one of all) {
    if (one.globalDefault && (!lowest || (one.value ?? 0) < (lowest.value ?? 0))) lowest = one
  }
  return lowest
}

function fill(request: AdmissionRequest, { className, value, preemptionPolicy }: Resolved): void {
  const { spec } = request.object as Pod
  const computed = 'must not be provided in pod spec; priority admission controller computed'
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) ${computed} ${value} from the given PriorityClass name`
    throw refuse(request, why)
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    const given = `the string value of PreemptionPolicy (${spec.preemptionPolicy})`
    throw refuse(request, `${given} ${computed} ${preemptionPolicy} from the given PriorityClass name`)
  }
  if (className !== '') spec.priorityClassName = className
  spec.priority = value
  spec.preemptionPolicy = preemptionPolicy
}

function refuseSecondDefault(request: AdmissionRequest, all: readonly DeepReadonly<PriorityClass>[]): void {
  const { globalDefault, metadata } = request.object as PriorityClass
  if (!globalDefault) return
  const other = all.find((existing) => existing.globalDefault && existing.metadata.name !== metadata.name)
  if (!other) return
  const name = other.metadata.name
  throw refuse(request, `PriorityClass ${name} is already marked as default. Only one default can exist`)
}
