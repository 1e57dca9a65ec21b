import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { RuntimeClass } from '../../types/node.v1.ts'
import { checkTolerations } from '../core/pod/validate-scheduling.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkLabels } from '../validation/labels.ts'
import { checkDns1123Label } from '../validation/names.ts'
import { checkEachResource, checkResourceQuantity } from '../validation/quantities.ts'
import { checkContainerResourceName } from '../validation/resource-names.ts'

const POD_FIXED = FieldPath.of('overhead.podFixed')
const SCHEDULING = FieldPath.of('scheduling')

/** node.k8s.io/v1 RuntimeClass. Upstream: pkg/apis/node, pkg/registry/node/runtimeclass. */
export const runtimeClasses = defineResource<RuntimeClass>('node.k8s.io/v1', 'runtimeclasses', {
  validate: (runtimeClass) =>
    collect((errors) => {
      checkDns1123Label(runtimeClass.handler, 'handler', errors)
      checkOverhead(runtimeClass, errors)
      checkScheduling(runtimeClass.scheduling, errors)
    }),
  validateUpdate: ({ handler }, { old }) =>
    collect((errors) => checkImmutable(handler, old.handler, 'handler', errors)),
  generation: false,
  unconditionalUpdate: false,
  columns: [nameColumn, { header: 'Handler', cell: ({ handler }) => handler }, ageColumn],
})

function checkOverhead({ overhead }: DeepReadonly<RuntimeClass>, errors: FieldErrors): void {
  checkEachResource(overhead?.podFixed, POD_FIXED, (resource, quantity, at) => {
    checkContainerResourceName(resource, at, errors)
    checkResourceQuantity(resource, quantity, at, errors)
  })
}

function checkScheduling(scheduling: DeepReadonly<RuntimeClass['scheduling']>, errors: FieldErrors): void {
  if (!scheduling) return
  checkLabels(scheduling.nodeSelector, SCHEDULING.child('nodeSelector'), errors)
  const tolerations = scheduling.tolerations ?? []
  const at = SCHEDULING.child('tolerations')
  checkTolerations(tolerations, at, errors)
  tolerations.forEach((toleration, index) => {
    const texts = tolerations.slice(0, index).map((other) => JSON.stringify(other))
    if (texts.includes(JSON.stringify(toleration))) errors.duplicate(at.index(index), toleration)
  })
}
