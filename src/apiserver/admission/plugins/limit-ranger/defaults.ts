import type { Container, LimitRange, Pod } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'

type Amounts = Readonly<Record<string, string>>
const ANNOTATION = 'kubernetes.io/limit-ranger'

/** Gives containers the requests and limits that they lack and the range has defaults for; an annotation says which. */
export function fillContainerDefaults(pod: Pod, { spec }: DeepReadonly<LimitRange>): void {
  const items = (spec.limits ?? []).filter(({ type }) => type === 'Container')
  const limits: Amounts = Object.assign({}, ...items.map((item) => item.default ?? {}))
  const requests: Amounts = Object.assign({}, ...items.map((item) => item.defaultRequest ?? {}))
  const set = [
    ...pod.spec.containers.flatMap((container) => fill(container, 'container', requests, limits)),
    ...(pod.spec.initContainers ?? []).flatMap((container) => fill(container, 'init container', requests, limits)),
  ]
  if (set.length === 0) return
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${set.join('; ')}` }
}

/** What was set, as `cpu, memory request for container c`. */
function fill(container: Container, what: string, requests: Amounts, limits: Amounts): string[] {
  const resources = container.resources ?? {}
  const parts: ['requests' | 'limits', string, Amounts][] = [
    ['requests', 'request', requests],
    ['limits', 'limit', limits],
  ]
  const texts = parts.flatMap(([field, word, defaults]) => {
    const missing = Object.keys(defaults).filter((name) => resources[field]?.[name] === undefined)
    if (missing.length === 0) return []
    const added = Object.fromEntries(missing.map((name) => [name, defaults[name] as string]))
    resources[field] = { ...resources[field], ...added }
    return [`${missing.sort().join(', ')} ${word} for ${what} ${container.name}`]
  })
  if (texts.length > 0) container.resources = resources
  return texts
}
