import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ControllerRevision } from '../../types/apps.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkNotNegative } from '../validation/numbers.ts'

/** apps/v1 ControllerRevision: a snapshot that never changes. Upstream: pkg/registry/apps/controllerrevision. */
export const controllerRevisions = defineResource<ControllerRevision>('apps/v1', 'controllerrevisions', {
  validate: ({ data, revision }) =>
    collect((errors) => {
      if (!data) errors.required('data', 'data is mandatory')
      checkNotNegative(revision, 'revision', errors)
    }),
  validateUpdate: ({ data }, { old }) => collect((errors) => checkImmutable(data, old.data, 'data', errors)),
  generation: false,
  columns: [
    nameColumn,
    { header: 'Controller', cell: ({ metadata }) => controllerOf(metadata) },
    { header: 'Revision', cell: ({ revision }) => revision },
    ageColumn,
  ],
})

/** The owning controller as `daemonset.apps/agent`. */
function controllerOf({ ownerReferences = [] }: DeepReadonly<ControllerRevision>['metadata']): string {
  const owner = ownerReferences.find(({ controller }) => controller)
  if (!owner) return '<none>'
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}
