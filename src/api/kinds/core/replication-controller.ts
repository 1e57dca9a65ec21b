import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ReplicationController } from '../../types/core.v1.ts'
import { ageColumn, containerColumns, labelsText, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { selects } from '../validation/labels.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { defaultPodTemplate } from './pod/defaults.ts'
import { validatePodTemplateSpec } from './pod/validate.ts'
import { podTemplateWarnings } from './pod/warnings.ts'

type Controller = DeepReadonly<ReplicationController>

const specPath = FieldPath.of('spec')
const statusPath = FieldPath.of('status')

export const replicationControllers = defineResource<ReplicationController>('v1', 'replicationcontrollers', {
  default: defaultController,
  prepareCreate: (controller) => {
    controller.status = { replicas: 0 }
  },
  validate: ({ spec }) => collect((errors) => checkSpec(spec, errors)),
  validateUpdate: ({ status }, { subresource }) =>
    subresource === 'status' ? collect((errors) => checkStatus(status, errors)) : [],
  warnings: ({ spec }, old) =>
    spec.template ? podTemplateWarnings(spec.template, 'spec.template', old?.spec.template) : [],
  selectableFields: { 'status.replicas': ({ status }) => String(status.replicas ?? 0) },
  columns: [
    nameColumn,
    { header: 'Desired', type: 'integer', cell: ({ spec }) => spec.replicas ?? 0 },
    { header: 'Current', type: 'integer', cell: ({ status }) => status.replicas ?? 0 },
    { header: 'Ready', type: 'integer', cell: ({ status }) => status.readyReplicas ?? 0 },
    ageColumn,
    ...containerColumns<ReplicationController>(({ spec }) => spec.template?.spec),
    { header: 'Selector', priority: 1, cell: ({ spec }) => labelsText(spec.selector) },
  ],
  defaultPropagation: 'Orphan',
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: ({ spec }) =>
      Object.keys(spec.selector ?? {})
        .sort()
        .map((key) => `${key}=${spec.selector?.[key]}`)
        .join(','),
  },
})

/** Selector and labels come from the template's labels when the controller has none. */
function defaultController({ metadata, spec }: ReplicationController): void {
  spec.replicas ??= 1
  const labels = spec.template?.metadata?.labels
  if (labels) {
    if (isEmpty(spec.selector)) spec.selector = { ...labels }
    if (isEmpty(metadata.labels)) metadata.labels = { ...labels }
  }
  defaultPodTemplate(spec.template)
}

const isEmpty = (map: Readonly<Record<string, string>> | undefined): boolean => Object.keys(map ?? {}).length === 0

function checkSpec(spec: Controller['spec'], errors: FieldErrors): void {
  checkNotNegative(spec.minReadySeconds, specPath.child('minReadySeconds'), errors)
  if (isEmpty(spec.selector)) errors.required(specPath.child('selector'))
  checkNotNegative(spec.replicas, specPath.child('replicas'), errors)
  validatePodTemplateSpec(spec.template, specPath.child('template'), errors, {
    restartPolicies: ['Always'],
    noActiveDeadline: 'activeDeadlineSeconds in ReplicationController is not Supported',
    selects: (labels) => selects(spec.selector, labels),
  })
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const
const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const

function checkStatus(status: Controller['status'], errors: FieldErrors): void {
  for (const field of counts) checkNotNegative(status[field], statusPath.child(field), errors)
  for (const field of parts) {
    const count = status[field] ?? 0
    if (count > status.replicas) {
      errors.invalid(statusPath.child(field), count, 'cannot be greater than status.replicas')
    }
  }
  const available = status.availableReplicas ?? 0
  if (available > (status.readyReplicas ?? 0)) {
    errors.invalid(statusPath.child('availableReplicas'), available, 'cannot be greater than readyReplicas')
  }
}
