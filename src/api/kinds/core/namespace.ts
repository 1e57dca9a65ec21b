import { type DeepReadonly, editable } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule, type UpdateContext } from '../../resource.ts'
import type { Namespace } from '../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkQualifiedName } from '../validation/names.ts'

type ReadonlyNamespace = DeepReadonly<Namespace>

const KUBERNETES = 'kubernetes'
const NAME_LABEL = 'kubernetes.io/metadata.name'
const finalizersPath = FieldPath.of('spec.finalizers')

export const namespaces = defineResource<Namespace>('v1', 'namespaces', {
  default: (namespace) => {
    labelWithName(namespace)
    namespace.status ??= {}
    namespace.status.phase ||= 'Active'
  },
  prepareCreate: (namespace) => {
    labelWithName(namespace)
    namespace.status = { phase: 'Active' }
    namespace.spec ??= {}
    const finalizers = namespace.spec.finalizers ?? []
    if (!finalizers.includes(KUBERNETES)) namespace.spec.finalizers = [...finalizers, KUBERNETES]
  },
  prepareUpdate: keepOtherParts,
  validate: ({ spec }, old) =>
    collect((errors) => {
      if (!old) for (const name of spec.finalizers ?? []) checkFinalizer(name, finalizersPath, errors)
    }),
  validateUpdate: (namespace, { subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkPhase(namespace, errors)
      if (subresource !== 'finalize') return
      namespace.spec.finalizers?.forEach((name, index) => {
        checkFinalizer(name, finalizersPath.index(index), errors)
      })
    }),
  nameRule: NameRule.Dns1123Label,
  selectsNoNamespace: true,
  selectableFields: {
    'status.phase': ({ status }) => status.phase ?? '',
  },
  columns: [nameColumn, { header: 'Status', cell: ({ status }) => status.phase ?? '' }, ageColumn],
  generation: false,
})

/** A generated name is known only on creation. */
function labelWithName({ metadata }: Namespace): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name }
}

/** Finalizers change only through `finalize`, and that changes nothing else of spec and status. */
function keepOtherParts(namespace: Namespace, { old, subresource }: UpdateContext<Namespace>): void {
  if (subresource === 'finalize') namespace.status = editable<Namespace['status']>(old.status)
  else {
    const { finalizers: _wanted, ...spec } = namespace.spec ?? {}
    namespace.spec = { ...spec, ...(old.spec.finalizers && { finalizers: [...old.spec.finalizers] }) }
  }
}

const standardFinalizers = [KUBERNETES, 'orphan', 'foregroundDeletion']

function checkFinalizer(name: string, at: FieldPath, errors: FieldErrors): void {
  checkQualifiedName(name, at, errors)
  if (!name.includes('/') && !standardFinalizers.includes(name)) {
    errors.invalid(at, name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
}

function checkPhase({ metadata, status }: ReadonlyNamespace, errors: FieldErrors): void {
  const isDeleted = metadata.deletionTimestamp !== undefined
  const phase = isDeleted ? 'Terminating' : 'Active'
  if (status.phase === phase) return
  const when = isDeleted ? 'is not empty' : 'is empty'
  errors.invalid('status.Phase', status.phase ?? '', `may only be '${phase}' if \`deletionTimestamp\` ${when}`)
}
