import { parseQuantity } from '../../../api/quantity.ts'
import type { Pod, Toleration } from '../../../api/types/core.v1.ts'
import type { RuntimeClass } from '../../../api/types/node.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { editable } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { createsPod, refuse } from '../refuse.ts'

type Amounts = Readonly<Record<string, string>>

/** Copies what running under a RuntimeClass costs and where it can run into the pod. */
export function runtimeClass({ runtimeClasses }: Pick<AdmissionDeps, 'runtimeClasses'>): AdmissionPlugin {
  const classOf = (request: AdmissionRequest) => {
    const name = (request.object as Pod).spec.runtimeClassName
    if (!name) return undefined
    const found = runtimeClasses.get({ name })
    if (!found) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    return found
  }
  return {
    name: 'RuntimeClass',
    handles: createsPod,
    mutate(request) {
      const found = classOf(request)
      if (!found) return
      setOverhead(request, found)
      setScheduling(request, found)
    },
    validate(request) {
      const overhead = (request.object as Pod).spec.overhead
      if (!overhead || classOf(request)?.overhead?.podFixed) return
      throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    },
  }
}

function setOverhead(request: AdmissionRequest, { overhead }: DeepReadonly<RuntimeClass>): void {
  const { spec } = request.object as Pod
  if (!overhead?.podFixed) return
  if (spec.overhead && !sameAmounts(spec.overhead, overhead.podFixed)) {
    throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  }
  spec.overhead ??= { ...overhead.podFixed }
}

function setScheduling(request: AdmissionRequest, { scheduling }: DeepReadonly<RuntimeClass>): void {
  const { spec } = request.object as Pod
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value) {
      const values = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`
      throw refuse(request, `conflict: ${values}`)
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  const added = (scheduling?.tolerations ?? []).filter(
    (toleration) => !spec.tolerations?.some((own) => JSON.stringify(own) === JSON.stringify(toleration)),
  )
  if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...editable<Toleration[]>(added)]
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => {
    const [left, right] = [a[key], b[key]]
    return left !== undefined && right !== undefined && parseQuantity(left).nanos === parseQuantity(right).nanos
  })
}
