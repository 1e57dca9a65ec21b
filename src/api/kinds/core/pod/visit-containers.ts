import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Container, PodSpec } from '../../../types/core.v1.ts'
import type { FieldPath } from '../../validation/field-path.ts'

export type ReadonlySpec = DeepReadonly<PodSpec>
export type ReadonlyContainer = DeepReadonly<Container>

/** Calls `visit` for every container: init, regular, ephemeral. `at` is the path of the spec. */
export function visitContainers(
  spec: ReadonlySpec,
  at: FieldPath,
  visit: (container: ReadonlyContainer, at: FieldPath) => void,
): void {
  visitList(spec.initContainers, at, 'initContainers', visit)
  visitList(spec.containers, at, 'containers', visit)
  visitList(spec.ephemeralContainers, at, 'ephemeralContainers', visit)
}

/** Whether any container is so: init, regular, ephemeral. */
export function someContainer(spec: ReadonlySpec, isSo: (container: ReadonlyContainer) => boolean): boolean {
  return (
    (spec.initContainers?.some(isSo) ?? false) ||
    (spec.containers?.some(isSo) ?? false) ||
    (spec.ephemeralContainers?.some(isSo) ?? false)
  )
}

function visitList(
  list: readonly ReadonlyContainer[] | undefined,
  at: FieldPath,
  field: string,
  visit: (container: ReadonlyContainer, at: FieldPath) => void,
): void {
  if (!list || list.length === 0) return
  const listPath = at.child(field)
  list.forEach((container, index) => {
    visit(container, listPath.index(index))
  })
}
