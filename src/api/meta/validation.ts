import type { DeepReadonly } from '../../base/deep-readonly.ts'
import {
  type FieldError,
  FieldErrorType,
  fieldForbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../field-error.ts'
import { NameRule } from '../resource.ts'
import type { ManagedFieldsEntry, OwnerReference, TemplateMeta } from '../types/meta.v1.ts'
import { dns1123LabelErrors, labelValueErrors, nameErrors, namePrefixErrors, qualifiedNameErrors } from './names.ts'

type Meta = DeepReadonly<TemplateMeta>
type StringMap = Readonly<Record<string, string>>

export interface MetaRules {
  readonly namespaced: boolean
  readonly nameRule?: NameRule | undefined
}

const MAX_ANNOTATIONS_BYTES = 256 * 1024
const MAX_MANAGER_LENGTH = 128
const MAX_SUBRESOURCE_LENGTH = 256

/** What is wrong with the metadata of an object about to be created. Upstream: validation.ValidateObjectMeta. */
export function validateObjectMeta(
  meta: Meta,
  { namespaced, nameRule = NameRule.Dns1123Subdomain }: MetaRules,
  path = 'metadata',
): FieldError[] {
  const { name, generateName } = meta
  return [
    ...(generateName
      ? invalidEach(`${path}.generateName`, generateName, namePrefixErrors(nameRule, generateName))
      : []),
    ...(name
      ? invalidEach(`${path}.name`, name, nameErrors(nameRule, name))
      : [required(`${path}.name`, 'name or generateName is required')]),
    ...namespaceErrors(meta.namespace, namespaced, `${path}.namespace`),
    ...((meta.generation ?? 0) < 0
      ? [invalid(`${path}.generation`, meta.generation, 'must be greater than or equal to 0')]
      : []),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`),
    ...validateFinalizers(meta.finalizers, `${path}.finalizers`),
    ...validateManagedFields(meta.managedFields, `${path}.managedFields`),
  ]
}

/** What is wrong with the change from `old` to `meta`. Upstream: validation.ValidateObjectMetaAccessorUpdate. */
export function validateObjectMetaUpdate(meta: Meta, old: Meta, path = 'metadata'): FieldError[] {
  return [
    ...(old.deletionTimestamp ? newFinalizerErrors(meta.finalizers, old.finalizers, `${path}.finalizers`) : []),
    ...(meta.resourceVersion ? [] : [invalid(`${path}.resourceVersion`, '', 'must be specified for an update')]),
    ...((meta.generation ?? 0) < (old.generation ?? 0)
      ? [invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented')]
      : []),
    ...IMMUTABLE.filter((field) => (meta[field] ?? '') !== (old[field] ?? '')).map((field) =>
      invalid(`${path}.${field}`, meta[field] ?? MISSING[field] ?? '', 'field is immutable'),
    ),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`),
    ...validateManagedFields(meta.managedFields, `${path}.managedFields`),
  ]
}

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const
/** How an unset field shows in an error where it is not the empty string. */
const MISSING: Partial<Record<(typeof IMMUTABLE)[number], null>> = {
  creationTimestamp: null,
  deletionTimestamp: null,
  deletionGracePeriodSeconds: null,
}

function namespaceErrors(namespace: string | undefined, namespaced: boolean, path: string): FieldError[] {
  if (!namespaced) return namespace ? [fieldForbidden(path, 'not allowed on this type')] : []
  return namespace ? invalidEach(path, namespace, dns1123LabelErrors(namespace)) : [required(path)]
}

/** Keys are qualified names, values label values; errors name the map. */
export function validateLabels(labels: StringMap | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key in labels) {
    const value = labels[key] as string
    errors.push(
      ...invalidEach(path, key, qualifiedNameErrors(key)),
      ...invalidEach(path, value, labelValueErrors(value)),
    )
  }
  return errors
}

/** Keys are qualified names in any case; keys and values together at most 256 KiB. */
export function validateAnnotations(annotations: StringMap | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const key in annotations) {
    errors.push(...invalidEach(path, key, qualifiedNameErrors(key.toLowerCase())))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] as string)
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(path, MAX_ANNOTATIONS_BYTES))
  return errors
}

/** Each is complete and no Event; at most one is the controller. */
export function validateOwnerReferences(
  references: readonly DeepReadonly<OwnerReference>[] | undefined,
  path: string,
): FieldError[] {
  if (!references) return []
  const errors = references.flatMap((reference) => ownerReferenceErrors(reference, path))
  const [first, ...others] = references.filter(({ controller }) => controller)
  for (const other of others) {
    const names = `${first?.kind}/${first?.name} and ${other.kind}/${other.name}`
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${names}`
    errors.push(invalid(path, references, text))
  }
  return errors
}

function ownerReferenceErrors(reference: DeepReadonly<OwnerReference>, path: string): FieldError[] {
  const { apiVersion = '', kind, name, uid } = reference
  const isEvent = apiVersion === 'v1' && kind === 'Event'
  return [
    ...(apiVersion.split('/').at(-1) ? [] : [invalid(`${path}.apiVersion`, apiVersion, 'version must not be empty')]),
    ...(kind ? [] : [invalid(`${path}.kind`, '', 'must not be empty')]),
    ...(name ? [] : [invalid(`${path}.name`, '', 'must not be empty')]),
    ...(uid ? [] : [invalid(`${path}.uid`, '', 'must not be empty')]),
    ...(isEvent ? [invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner')] : []),
  ]
}

/** Finalizers are qualified names; orphaning and deleting in the foreground exclude each other. */
export function validateFinalizers(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  if (!finalizers) return []
  const errors = finalizers.flatMap((finalizer) => invalidEach(path, finalizer, qualifiedNameErrors(finalizer)))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** What most built-in kinds ask besides: a finalizer that is not Kubernetes' own has a domain. Upstream: core validation. */
export function validateFinalizerDomains(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  const text = 'name is neither a standard finalizer name nor is it fully qualified'
  return (finalizers ?? []).flatMap((finalizer, index) =>
    finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)
      ? []
      : [invalid(`${path}[${index}]`, finalizer, text)],
  )
}

function newFinalizerErrors(
  finalizers: readonly string[] = [],
  old: readonly string[] = [],
  path: string,
): FieldError[] {
  const added = [...new Set(finalizers)].filter((finalizer) => !old.includes(finalizer)).sort()
  if (added.length === 0) return []
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`
  return [
    fieldForbidden(path, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`),
  ]
}

function validateManagedFields(
  entries: readonly DeepReadonly<ManagedFieldsEntry>[] | undefined,
  path: string,
): FieldError[] {
  return (entries ?? []).flatMap((entry, index) => {
    const at = `${path}[${index}]`
    const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry
    return [
      ...(operation === 'Apply' || operation === 'Update'
        ? []
        : [invalid(`${at}.operation`, operation, 'must be `Apply` or `Update`')]),
      ...(fieldsType === '' || fieldsType === 'FieldsV1'
        ? []
        : [invalid(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`')]),
      ...validateFieldManager(manager, `${at}.manager`),
      ...(subresource.length > MAX_SUBRESOURCE_LENGTH ? [tooLong(`${at}.subresource`, MAX_SUBRESOURCE_LENGTH)] : []),
    ]
  })
}

/** A field manager's name: at most 128 bytes of printable characters. */
export function validateFieldManager(manager: string, path: string): FieldError[] {
  if (PLAIN_MANAGER.test(manager)) return []
  const errors = Buffer.byteLength(manager) > MAX_MANAGER_LENGTH ? [tooLong(path, MAX_MANAGER_LENGTH)] : []
  for (const { 0: char, index } of manager.matchAll(UNPRINTABLE)) {
    const code = (char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
    errors.push(invalid(path, manager, `invalid character U+${code} (at position ${index})`))
  }
  return errors
}

const PLAIN_MANAGER = /^[ -~]{0,128}$/

/** What Go's unicode.IsPrint refuses: controls, and all space but the plain one. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

/** `dryRun` of a request: only All. */
export function validateDryRun(values: readonly string[], path = 'dryRun'): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported(path, values, ['All'])]
}

const invalidEach = (field: string, value: unknown, texts: readonly string[]): FieldError[] =>
  texts.map((text) => invalid(field, value, text))

/** A rule could not be checked at all. */
export const internalFieldError = (field: string, message: string): FieldError => ({
  type: FieldErrorType.Internal,
  field,
  message: `Internal error: ${message}`,
})
