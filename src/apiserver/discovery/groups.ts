import { compareVersions, groupPriority } from './order.ts'
import type { RemoteVersion } from './remote.ts'

interface GroupOf {
  readonly group: string
  readonly version: string
}

/** A group as discovery lists it: its versions, preferred first. */
export interface ListedGroup {
  readonly name: string
  readonly versions: readonly string[]
}

/** The priority of custom resources' versions, which upstream registers all alike. */
const LOCAL_VERSION_PRIORITY = 100

/**
 * All groups but the core one in the order of their priorities, among equals by name. A group has the highest priority
 * that one of its versions asks for. Source: kube-aggregator's SortedByGroupAndVersion.
 */
export function listedGroups(served: readonly GroupOf[], remote: readonly RemoteVersion[]): ListedGroup[] {
  const versions = new Map<string, Map<string, number>>()
  const priorities = new Map<string, number>()
  const add = ({ group, version }: GroupOf, priority: number, versionPriority: number) => {
    const known = versions.get(group) ?? new Map()
    versions.set(group, known)
    known.set(version, versionPriority)
    priorities.set(group, Math.max(priority, priorities.get(group) ?? 0))
  }
  for (const entry of served) if (entry.group !== '') add(entry, groupPriority(entry.group), LOCAL_VERSION_PRIORITY)
  for (const entry of remote) add(entry, entry.groupPriority, entry.versionPriority)
  const names = [...versions.keys()].sort(
    (left, right) => (priorities.get(right) ?? 0) - (priorities.get(left) ?? 0) || (left < right ? -1 : 1),
  )
  return names.map((name) => ({ name, versions: ordered(versions.get(name) as Map<string, number>) }))
}

const ordered = (versions: ReadonlyMap<string, number>): string[] =>
  [...versions].sort(([left, a], [right, b]) => b - a || compareVersions(left, right)).map(([version]) => version)
