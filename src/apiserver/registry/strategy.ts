import { normalise } from '../../api/codec/json.ts'
import { type FieldError, invalidObject } from '../../api/field-error.ts'
import { newUid } from '../../api/meta/identity.ts'
import {
  type MetaRules,
  validateFinalizerDomains,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '../../api/meta/validation.ts'
import {
  type ApiObject,
  type KindRules,
  NameRule,
  type ResourceDefinition,
  type UpdateContext,
} from '../../api/resource.ts'
import { sameMembers } from '../../api/same-members.ts'
import { typeSchema } from '../../api/schema/schema.ts'
import { type Clock, timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { KindFace } from './kind-face.ts'

/** Groups whose kinds leave finalizers to the general rules. */
const ANY_FINALIZER: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'coordination.k8s.io',
  'policy',
])

type Loose = ApiObject & { spec?: unknown; status?: unknown }

/**
 * What happens to every object of a kind before it is stored: the generic rules of upstream's BeforeCreate and
 * BeforeUpdate around the kind's own. Works on the stored version. Made once a kind.
 */
export class Strategy {
  readonly definition: ResourceDefinition
  readonly #rules: KindRules<ApiObject>
  readonly #clock: Clock
  readonly #metaRules: MetaRules
  readonly #hasGeneration: boolean
  readonly #anyFinalizer: boolean
  readonly #statusIsSeparate: boolean
  /** How Go writes a status of zeros; undefined where it is left out. */
  readonly #emptyStatus: object | undefined

  constructor(definition: ResourceDefinition, clock: Clock) {
    this.definition = definition
    this.#rules = definition.rules
    this.#clock = clock
    const { model, type, group, namespaced } = definition
    const { nameRule, generation } = this.#rules
    const hasSpec = !model && (typeSchema(type).fields?.some(({ name }) => name === 'spec') ?? false)
    this.#metaRules = { namespaced, nameRule }
    this.#hasGeneration = generation !== false && (hasSpec || generation !== undefined)
    this.#anyFinalizer = model !== undefined || ANY_FINALIZER.has(group)
    this.#emptyStatus = model ? undefined : emptyStatus(type)
    this.#statusIsSeparate = this.#rules.statusIsSeparate ?? 'status' in definition.subresources
  }

  /** What the server itself sets on a new object, before admission sees it. */
  fillSystemFields(object: ApiObject): void {
    const { metadata } = object
    metadata.creationTimestamp = timestamp(this.#clock.now())
    metadata.uid = newUid()
    drop(metadata, 'deletionTimestamp')
    drop(metadata, 'deletionGracePeriodSeconds')
    drop(metadata, 'selfLink')
  }

  /**
   * The last changes to a new object; throws 422 when it breaks the kind's rules. Gives the texts of warnings. `face`: the
   * kind that the client wrote, where that has rules of its own.
   */
  beforeCreate(object: ApiObject, face?: KindFace): string[] {
    if (this.#statusIsSeparate) this.#clearStatus(object)
    if (this.#hasGeneration) object.metadata.generation = 1
    else drop(object.metadata, 'generation')
    object.metadata.name ??= '' // as Go has it: rules look at a name before its lack is refused
    this.#rules.prepareCreate?.(object)
    const { metadata } = object
    const errors = validateObjectMeta(metadata, this.#metaRules)
    if (metadata.finalizers) errors.push(...this.#finalizerErrors(metadata.finalizers))
    const warnings: string[] = []
    const warn = (text: string) => warnings.push(text)
    errors.push(...(face ? face.validate(object) : (this.#rules.validate?.(object, undefined, warn) ?? [])))
    this.#refuse(object, errors)
    return [...warnings, ...(this.#rules.warnings?.(object) ?? [])]
  }

  /** The last changes to an object that replaces `old`; throws 422 when the change breaks the rules. */
  beforeUpdate(object: ApiObject, context: UpdateContext<ApiObject>, face?: KindFace): string[] {
    const { old, subresource } = context
    this.#keepMetadata(object, old)
    this.#keepOtherPart(object, old, subresource)
    this.#rules.prepareUpdate?.(object, context)
    if (subresource !== 'status' && this.#hasGeneration && this.#isNewGeneration(object, old)) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1
    }
    const { namespaced } = this.definition
    const { metadata } = object
    const changes = validateObjectMetaUpdate(metadata, old.metadata)
    const errors = validateObjectMeta(metadata, { namespaced, nameRule: NameRule.PathSegment })
    errors.push(...changes, ...changes) // upstream checks that twice, and all findings are causes
    if (metadata.finalizers) errors.push(...this.#finalizerErrors(metadata.finalizers))
    const warnings: string[] = []
    const warned = { ...context, warn: (text: string) => warnings.push(text) }
    errors.push(...(face ? face.validateUpdate(object, context) : this.#updateErrors(object, warned)))
    this.#refuse(object, errors)
    return [...warnings, ...(this.#rules.warnings?.(object, old) ?? [])]
  }

  get createOnUpdate(): boolean {
    return this.#rules.createOnUpdate ?? false
  }

  get unconditionalUpdate(): boolean {
    return this.#rules.unconditionalUpdate ?? true
  }

  #updateErrors(object: ApiObject, context: UpdateContext<ApiObject>): FieldError[] {
    const { old, subresource, warn } = context
    const errors = subresource === 'status' ? [] : (this.#rules.validate?.(object, old, warn) ?? [])
    return [...errors, ...(this.#rules.validateUpdate?.(object, context) ?? [])]
  }

  #finalizerErrors(finalizers: readonly string[]): FieldError[] {
    return this.#anyFinalizer ? [] : validateFinalizerDomains(finalizers, 'metadata.finalizers')
  }

  #refuse(object: ApiObject, errors: readonly FieldError[]): void {
    if (errors.length === 0) return
    const { group, kind } = this.definition.model ? claimed(object) : this.definition
    throw invalidObject({ group: this.#rules.refusalGroup ?? group, kind }, object.metadata.name ?? '', errors)
  }

  #isNewGeneration(object: ApiObject, old: DeepReadonly<ApiObject>): boolean {
    const part = this.#rules.generation || undefined
    if (!sameMembers((object as Loose).spec, (old as Loose).spec)) return true
    return part !== undefined && !sameMembers(part(object), part(old))
  }

  #clearStatus(object: Loose): void {
    if (this.#emptyStatus === undefined) delete object.status
    else object.status = editable(this.#emptyStatus)
  }

  #keepMetadata({ metadata }: ApiObject, { metadata: old }: DeepReadonly<ApiObject>): void {
    metadata.uid ||= old.uid as string
    keep(metadata, old, 'creationTimestamp')
    keep(metadata, old, 'generation')
    if (old.deletionTimestamp) keep(metadata, old, 'deletionTimestamp')
    if (metadata.deletionGracePeriodSeconds === undefined) keep(metadata, old, 'deletionGracePeriodSeconds')
    delete metadata.selfLink
  }

  /**
   * The main resource keeps the old status; `status` and a request's `approval` keep all but status and metadata. What is kept
   * is the old object's own, frozen.
   */
  #keepOtherPart(object: Loose, old: DeepReadonly<Loose>, subresource: string): void {
    if (subresource === 'status' || subresource === 'approval') keepAllButStatus(object, old)
    else if (this.#statusIsSeparate) {
      if (old.status === undefined) delete object.status
      else object.status = old.status as object
    }
  }
}

/** To delete what is not there costs a call of the runtime all the same. */
function drop<M extends ApiObject['metadata']>(metadata: M, field: keyof M): void {
  if (metadata[field] !== undefined) delete metadata[field]
}

function keepAllButStatus(object: Loose, old: DeepReadonly<Loose>): void {
  const fields = object as unknown as Record<string, unknown>
  const { metadata, status } = object
  const hasAll = Object.keys(old).every((name) => name === 'status' || name in fields)
  for (const name of Object.keys(fields)) if (!hasAll || !(name in old || name === 'status')) delete fields[name]
  Object.assign(object, old, { metadata, status }) // in the old one's order where anything was missing
  if (status === undefined) delete object.status
}

/** A custom resource is refused as what it says it is, even if that is the reason. */
const claimed = ({ apiVersion = '', kind = '' }: ApiObject): { group: string; kind: string } => ({
  group: apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '',
  kind,
})

function emptyStatus(type: string): object | undefined {
  const field = typeSchema(type).fields?.find(({ name }) => name === 'status')
  if (field?.zero !== 'write' || typeof field.type !== 'object' || !('ref' in field.type)) return undefined
  return normalise<object>(field.type.ref, {}, { strict: 'Ignore' }).object
}

function keep<M extends ApiObject['metadata']>(
  metadata: M,
  old: DeepReadonly<M>,
  field: keyof M & keyof typeof old,
): void {
  const value = old[field]
  if (value === undefined) delete metadata[field]
  else metadata[field] = value as never
}
