import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { compareVersions } from '../discovery/order.ts'

/** What requests to a deprecated version are warned with; undefined for other versions. */
export function deprecationWarning({ spec }: DeepReadonly<CustomResourceDefinition>, name: string): string | undefined {
  const version = spec.versions.find((one) => one.name === name)
  if (!version?.deprecated) return undefined
  if (version.deprecationWarning !== undefined) return version.deprecationWarning
  const { group, names } = spec
  const better = spec.versions
    .filter((one) => one.served && !one.deprecated && compareVersions(one.name, name) < 0)
    .map((one) => one.name)
    .sort(compareVersions)[0]
  const text = `${group}/${name} ${names.kind} is deprecated`
  return better === undefined ? text : `${text}; use ${group}/${better} ${names.kind}`
}
