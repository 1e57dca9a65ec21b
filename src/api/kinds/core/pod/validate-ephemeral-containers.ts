import type { FieldPath } from '../../validation/field-path.ts'
import type { SpecContext } from './context.ts'
import { checkAnyContainer, checkImageHasNoPadding } from './validate-containers.ts'
import type { ReadonlyContainer } from './visit-containers.ts'

/** For looking at a pod, not for its work: these fields are for work. */
const forbiddenFields = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

const NOT_HERE = 'cannot be set for an Ephemeral Container'

export function checkEphemeralContainers(at: FieldPath, context: SpecContext): void {
  const { spec, errors } = context
  if (!spec.ephemeralContainers?.length) return
  const targets = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(targets)
  for (const [index, container] of spec.ephemeralContainers.entries()) {
    const item = at.index(index)
    checkAnyContainer(container, item, context)
    checkImageHasNoPadding(container, item, errors)
    if (names.has(container.name)) errors.duplicate(item.child('name'), container.name)
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !targets.has(target)) errors.notFound(item.child('targetContainerName'), target)
    checkForbiddenFields(container, item, context)
  }
}

function checkForbiddenFields(container: ReadonlyContainer, at: FieldPath, { errors }: SpecContext): void {
  for (const field of forbiddenFields) if (isSet(container[field])) errors.forbidden(at.child(field), NOT_HERE)
  container.volumeMounts?.forEach(({ subPath, subPathExpr }, index) => {
    const mount = at.child('volumeMounts').index(index)
    if (subPath) errors.forbidden(mount.child('subPath'), NOT_HERE)
    if (subPathExpr) errors.forbidden(mount.child('subPathExpr'), NOT_HERE)
  })
}

/** `resources: {}` is written for every container and says nothing. */
const isSet = (value: unknown): boolean =>
  value !== undefined && !(typeof value === 'object' && Object.keys(value as object).length === 0)
