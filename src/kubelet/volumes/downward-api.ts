import type { DownwardAPIVolumeFile, DownwardAPIVolumeSource, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { podField, resourceField } from '../environment/field-ref.ts'
import { writeAtomically } from './atomic-writer.ts'
import { DEFAULT_MODE } from './config-map.ts'
import type { Payload } from './payload.ts'
import type { VolumePlugin } from './volume-plugin.ts'

/** Fields of the pod as files. */
export const downwardApi: VolumePlugin = {
  name: 'kubernetes.io/downward-api',
  handles: ({ downwardAPI: source }) => source !== undefined,
  async mount({ pod, volume, directory }, { allocatable }) {
    const { items = [], defaultMode = DEFAULT_MODE } = volume.downwardAPI as DeepReadonly<DownwardAPIVolumeSource>
    await writeAtomically(directory, podFiles(pod, items, defaultMode, allocatable()))
    return { hostPath: directory, readOnly: true, ownedByGroup: true }
  },
}

export function podFiles(
  pod: DeepReadonly<Pod>,
  items: readonly DeepReadonly<DownwardAPIVolumeFile>[],
  defaultMode: number,
  allocatable: Readonly<Record<string, string>>,
): Payload {
  return items.map((item) => {
    const data = Buffer.from(textOf(pod, item, allocatable))
    return { path: item.path, data, mode: item.mode ?? defaultMode }
  })
}

function textOf(
  pod: DeepReadonly<Pod>,
  { fieldRef, resourceFieldRef }: DeepReadonly<DownwardAPIVolumeFile>,
  allocatable: Readonly<Record<string, string>>,
): string {
  const none = { podIPs: [], hostIPs: [] } // a volume cannot name addresses
  const value = fieldRef ? podField(pod, fieldRef.fieldPath, none) : containerValue(pod, resourceFieldRef, allocatable)
  if (value === undefined)
    throw new Error(`unsupported fieldPath: ${fieldRef?.fieldPath ?? resourceFieldRef?.resource}`)
  return value
}

function containerValue(
  { spec }: DeepReadonly<Pod>,
  selector: DeepReadonly<DownwardAPIVolumeFile>['resourceFieldRef'],
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const container = containers.find(({ name }) => name === selector?.containerName)
  if (!selector || !container) throw new Error(`container ${JSON.stringify(selector?.containerName ?? '')} not found`)
  const { resource, divisor } = selector
  return resourceField(container, { resource, ...(divisor && { divisor }) }, allocatable)
}
