import type { QuotaEvaluator } from '../../api/quota/evaluator.ts'
import { evaluatorOf, isCounted, ownEvaluators } from '../../api/quota/evaluators.ts'
import type { ResourceRef } from '../../api/resource.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { resources } from '../../client/clientset.ts'
import type { Lister } from '../../client/informer.ts'

/** A resource that a quota counts, in the version that is followed. */
export interface Tracked {
  readonly resource: ResourceRef
  readonly evaluator: QuotaEvaluator
}

const COUNT = 'count/'

/** The resources that have to be looked at to tell how much of these names is used. */
export function trackedBy(names: readonly string[], definitions: Lister<CustomResourceDefinition>): Tracked[] {
  const own = ownEvaluators.filter((evaluator) => names.some((name) => evaluator.counts(name)))
  const counted = names
    .filter((name) => name.startsWith(COUNT) && !own.some((evaluator) => evaluator.counts(name)))
    .map((name) => name.slice(COUNT.length))
    .map((text) => splitAtDot(text))
    .filter(({ group, plural }) => isCounted(group, plural))
    .map(({ group, plural }) => evaluatorOf(group, plural))
  return [...own, ...counted].flatMap((evaluator) => {
    const resource = builtIn(evaluator) ?? custom(evaluator, definitions)
    return resource ? [{ resource, evaluator }] : []
  })
}

interface Name {
  readonly group: string
  readonly plural: string
}

/** `deployments.apps`. */
function splitAtDot(text: string): Name {
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', plural: text } : { group: text.slice(dot + 1), plural: text.slice(0, dot) }
}

const builtIn = ({ group, plural }: Name): ResourceRef | undefined =>
  Object.values(resources).find((resource) => resource.group === group && resource.plural === plural)

function custom({ group, plural }: Name, definitions: Lister<CustomResourceDefinition>): ResourceRef | undefined {
  const definition = definitions.get({ name: `${plural}.${group}` })
  if (!definition || !isServed(definition)) return undefined
  const version = definition.spec.versions.find(({ served }) => served)?.name
  return version === undefined ? undefined : { group, version, plural }
}

const isServed = ({ spec, status }: DeepReadonly<CustomResourceDefinition>): boolean =>
  spec.scope === 'Namespaced' &&
  (status?.conditions ?? []).some((condition) => condition.type === 'Established' && condition.status === 'True')
