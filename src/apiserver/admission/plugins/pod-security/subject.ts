import type { Container, PodSpec } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'

/** What is checked: a pod, or the template of pods to come. */
export interface Subject {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: DeepReadonly<PodSpec>
}

/** How a subject breaks one check: `reason (detail)`. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

export type Check = (subject: Subject) => Violation | undefined
export type AnyContainer = Pick<DeepReadonly<Container>, 'name' | 'securityContext' | 'ports'>

/** Init containers first, then the pod's own, then ephemeral ones. */
export function containersOf({ spec }: Subject): AnyContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
}

export function violation(reason: string, detail: string): Violation {
  return { reason, detail }
}

/** `container "a"` or `containers "a", "b"`. */
export function named(noun: string, names: readonly string[]): string {
  return `${noun}${names.length === 1 ? '' : 's'} ${quoted(names)}`
}

export const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ')

/** Names of the containers for which `bad` holds. */
export function offenders(subject: Subject, bad: (container: AnyContainer) => boolean): string[] {
  return containersOf(subject)
    .filter(bad)
    .map(({ name }) => name)
}
