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
  const { name, generateName, labels, annotations, ownerReferences, finalizers, managedFields } = meta
  const errors: FieldError[] = []
  if (generateName) addInvalid(errors, `${path}.generateName`, generateName, namePrefixErrors(nameRule, generateName))
  if (name) addInvalid(errors, `${path}.name`, name, nameErrors(nameRule, name))
  else errors.push(required(`${path}.name`, 'name or generateName is required'))
  addNamespaceErrors(errors, meta.namespace, namespaced, `${path}.namespace`)
  if ((meta.generation ?? 0) < 0) {
    errors.push(invalid(`${path}.generation`, meta.generation, 'must be greater than or equal to 0'))
  }
  if (labels) add(errors, validateLabels(labels, `${path}.labels`))
  if (annotations) add(errors, validateAnnotations(annotations, `${path}.annotations`))
  if (ownerReferences) add(errors, validateOwnerReferences(ownerReferences, `${path}.ownerReferences`))
  if (finalizers) add(errors, validateFinalizers(finalizers, `${path}.finalizers`))
  if (managedFields) add(errors, validateManagedFields(managedFields, `${path}.managedFields`))
  return errors
}

/** What is wrong with the change from `old` to `meta`. Upstream: validation.ValidateObjectMetaAccessorUpdate. */
export function validateObjectMetaUpdate(meta: Meta, old: Meta, path = 'metadata'): FieldError[] {
  const { labels, annotations, ownerReferences, finalizers, managedFields } = meta
  const errors: FieldError[] = []
  if (old.deletionTimestamp) add(errors, newFinalizerErrors(finalizers, old.finalizers, `${path}.finalizers`))
  if (!meta.resourceVersion) errors.push(invalid(`${path}.resourceVersion`, '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'))
  }
  for (const field of IMMUTABLE) {
    if ((meta[field] ?? '') === (old[field] ?? '')) continue
    errors.push(invalid(`${path}.${field}`, meta[field] ?? MISSING[field] ?? '', 'field is immutable'))
  }
  if (labels) add(errors, validateLabels(labels, `${path}.labels`))
  if (annotations) add(errors, validateAnnotations(annotations, `${path}.annotations`))
  if (ownerReferences) add(errors, validateOwnerReferences(ownerReferences, `${path}.ownerReferences`))
  if (managedFields) add(errors, validateManagedFields(managedFields, `${path}.managedFields`))
  return errors
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

function addNamespaceErrors(
  errors: FieldError[],
  namespace: string | undefined,
  namespaced: boolean,
  path: string,
): void {
  if (namespaced && namespace) addInvalid(errors, path, namespace, dns1123LabelErrors(namespace))
  else if (namespaced) errors.push(required(path))
  else if (namespace) errors.push(fieldForbidden(path, 'not allowed on this type'))
}

/** Keys are qualified names, values label values; errors name the map. */
export function validateLabels(labels: StringMap | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key in labels) {
    const value = labels[key] as string
    addInvalid(errors, path, key, qualifiedNameErrors(key))
    addInvalid(errors, path, value, labelValueErrors(value))
  }
  return errors
}

/** Keys are qualified names in any case; keys and values together at most 256 KiB. */
export function validateAnnotations(annotations: StringMap | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const key in annotations) {
    addInvalid(errors, path, key, qualifiedNameErrors(key.toLowerCase()))
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

function validateManagedFields(entries: readonly DeepReadonly<ManagedFieldsEntry>[], path: string): FieldError[] {
  const errors: FieldError[] = []
  for (let index = 0; index < entries.length; index++) {
    addManagedFieldsErrors(errors, entries[index]!, `${path}[${index}]`)
  }
  return errors
}

function addManagedFieldsErrors(errors: FieldError[], entry: DeepReadonly<ManagedFieldsEntry>, path: string): void {
  const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry
  if (operation !== 'Apply' && operation !== 'Update') {
    errors.push(invalid(`${path}.operation`, operation, 'must be `Apply` or `Update`'))
  }
  if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
    errors.push(invalid(`${path}.fieldsType`, fieldsType, 'must be `FieldsV1`'))
  }
  add(errors, validateFieldManager(manager, `${path}.manager`))
  if (subresource.length > MAX_SUBRESOURCE_LENGTH) {
    errors.push(tooLong(`${path}.subresource`, MAX_SUBRESOURCE_LENGTH))
  }
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

/** Appends what most objects have nothing of: by a loop, which costs less than spreading an empty list. */
function add(errors: FieldError[], found: readonly FieldError[]): void {
  for (const error of found) errors.push(error)
}

function addInvalid(errors: FieldError[], field: string, value: unknown, texts: readonly string[]): void {
  for (const text of texts) errors.push(invalid(field, value, text))
}

const invalidEach = (field: string, value: unknown, texts: readonly string[]): FieldError[] =>
  texts.map((text) => invalid(field, value, text))

/** A rule could not be checked at all. */
export const internalFieldError = (field: string, message: string): FieldError => ({
  type: FieldErrorType.Internal,
  field,
  message: `Internal error: ${message}`,
})
