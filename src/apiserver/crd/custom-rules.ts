import type { CustomModel, Warn } from '../../api/crd/index.ts'
import { type FieldError, invalid } from '../../api/field-error.ts'
import type { ApiObject, KindRules, PrinterColumn, ScaleRule, UpdateContext } from '../../api/resource.ts'
import type { CustomResourceDefinitionVersion } from '../../api/types/apiextensions.v1.ts'
import type { TemplateMeta } from '../../api/types/meta.v1.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import { fieldNames, valueAt } from './field-path.ts'
import { printerColumns } from './printer-columns.ts'
import { scaleSpecErrors, scaleStatusErrors } from './scale-rules.ts'

type Version = DeepReadonly<CustomResourceDefinitionVersion>
type Custom = DeepReadonly<ApiObject>

/** The rules of one version of a custom resource. Upstream: registry/customresource strategy and validator. */
export function customRules(
  { kind, apiVersion, version }: { kind: string; apiVersion: string; version: Version },
  model: CustomModel,
): KindRules<ApiObject> {
  const { scale, status } = version.subresources ?? {}
  const validate = (object: Custom, old?: Custom, warn?: Warn): FieldError[] => {
    const wrongType = typeErrors(object, kind, apiVersion)
    if (wrongType.length > 0) return wrongType
    const ofScale = scale ? [...scaleSpecErrors(object, scale), ...scaleStatusErrors(object, scale)] : []
    return [...model.validate(object, old, warn), ...ofScale]
  }
  let columns: PrinterColumn<ApiObject>[] | undefined // read when they are first shown
  return {
    statusIsSeparate: status !== undefined,
    unconditionalUpdate: false,
    ownable: { status: { except: ['spec', 'metadata'] } },
    generation: (object) => generationPart(object, status !== undefined),
    prepareUpdate: (object, context) => {
      if (context.subresource === 'status') object.metadata = statusMetadata(object, context)
    },
    validate,
    validateUpdate: (object, { old, subresource, warn }) => {
      if (subresource !== 'status') return []
      const wrongType = typeErrors(object, kind, apiVersion)
      if (wrongType.length > 0) return wrongType
      const errors = model.validateStatus(object, old, warn)
      return scale ? [...errors, ...scaleStatusErrors(object, scale)] : errors
    },
    warnings: (object, old) => finalizerWarnings(object, old),
    ...(scale && { scale: scaleRule(scale) }),
    get columns() {
      columns ??= printerColumns(version.additionalPrinterColumns)
      return columns
    },
    ...(version.selectableFields && { selectableFields: selectable(version.selectableFields) }),
  }
}

function typeErrors({ kind = '', apiVersion = '' }: Custom, wantedKind: string, wantedVersion: string): FieldError[] {
  return [
    ...(kind === wantedKind ? [] : [invalid('kind', kind, `must be ${wantedKind}`)]),
    ...(apiVersion === wantedVersion ? [] : [invalid('apiVersion', apiVersion, `must be ${wantedVersion}`)]),
  ]
}

/** Every change but of metadata, and of status where that has its own subresource, makes a new generation. */
function generationPart(object: Custom, withoutStatus: boolean): unknown {
  const { metadata: _metadata, ...rest } = object as Custom & { status?: unknown }
  if (!withoutStatus) return rest
  const { status: _status, ...wanted } = rest
  return wanted
}

/** A status update changes nothing of metadata but who manages which fields. */
function statusMetadata({ metadata }: ApiObject, { old }: UpdateContext<ApiObject>): TemplateMeta {
  const kept = editable<TemplateMeta>(old.metadata)
  kept.resourceVersion = metadata.resourceVersion as string
  if (metadata.managedFields) kept.managedFields = metadata.managedFields
  else delete kept.managedFields
  return kept
}

const isQualified = (finalizer: string): boolean => /^[^/]+\.[^/]+\/.+/.test(finalizer)

function finalizerWarnings({ metadata }: Custom, old: Custom | undefined): string[] {
  const known = new Set(old?.metadata.finalizers ?? [])
  return (metadata.finalizers ?? [])
    .filter((finalizer) => !known.has(finalizer) && !BUILT_IN_FINALIZERS.has(finalizer) && !isQualified(finalizer))
    .map(
      (finalizer) =>
        `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
    )
}

const BUILT_IN_FINALIZERS: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

function scaleRule(scale: NonNullable<NonNullable<Version['subresources']>['scale']>): ScaleRule<ApiObject> {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  return {
    specReplicas: fieldNames(specReplicasPath).join('.'),
    statusReplicas: fieldNames(statusReplicasPath).join('.'),
    requiredPath: specReplicasPath,
    selector: (object) => {
      const found = labelSelectorPath ? valueAt(object, labelSelectorPath) : undefined
      return found?.kind === 'value' && typeof found.value === 'string' ? found.value : ''
    },
  }
}

function selectable(
  fields: NonNullable<Version['selectableFields']>,
): NonNullable<KindRules<ApiObject>['selectableFields']> {
  return Object.fromEntries(
    fields.map(({ jsonPath }) => [
      fieldNames(jsonPath).join('.'),
      (object: Custom) => selectableText(object, jsonPath),
    ]),
  )
}

function selectableText(object: Custom, jsonPath: string): string {
  const found = valueAt(object, jsonPath)
  return found.kind === 'value' && found.value !== null ? String(found.value) : ''
}
