import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { FieldError } from './field-error.ts'
import type { ObjectModel } from './object-model.ts'
import type { ResourceSchema } from './schema/schema.ts'
import { schemaTable } from './schema/schema.ts'
import type { JSONSchemaProps } from './types/apiextensions.v1.ts'
import type { TemplateMeta } from './types/meta.v1.ts'

/** What every stored object has. */
export interface ApiObject {
  apiVersion?: string
  kind?: string
  metadata: TemplateMeta
}

/** Group, version and plural: what an API path names. */
export interface ResourceRef {
  readonly group: string
  readonly version: string
  readonly plural: string
}

/** A cell of a Table answer: a string, number or bool; times as RFC 3339 are turned into ages by the printer. */
export type Cell = string | number | boolean | null

export interface PrinterColumn<T> {
  readonly header: string
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  /** 0 is shown always, 1 with `-o wide`. */
  readonly priority?: 0 | 1
  /** For clients that ask; made from the header where absent. */
  readonly description?: string
  /** `now` is in ms since the epoch: ages are computed when the answer is made. */
  cell(object: DeepReadonly<T>, now: number): Cell
}

/** How an update of an object came in: decides which fields may change and which rules apply. */
export interface UpdateContext<T> {
  readonly old: DeepReadonly<T>
  /** `''` for the main resource, else the subresource: `status`, `finalize`, `resize`… */
  readonly subresource: string
  /** Takes the texts of warnings that validation comes upon. */
  readonly warn?: (text: string) => void
}

/**
 * What a kind adds to what the schema table says of it. All hooks are pure and synchronous; those that change something
 * change the object handed in, which is theirs. The order on create: normalise (zero rules) → `default` →
 * mutating admission → `prepareCreate` → `validate`; on update: normalise → `default` → mutating admission →
 * `prepareUpdate` → `validate` → `validateUpdate`.
 */
export interface KindRules<T> {
  /** Fills in what upstream's defaulting does beyond the table's static defaults. Runs on every decode of a request. */
  default?(object: T): void
  /** Sets what a client may not choose on create. The generic part (status reset, generation 1, uid…) is done already. */
  prepareCreate?(object: T): void
  /**
   * Puts back what an update may not change. Generic: main resource keeps old status, `status` keeps all but status. What is
   * kept so is the old object's and frozen: a rule puts something else in its place.
   */
  prepareUpdate?(object: T, context: UpdateContext<T>): void
  /**
   * Rules on one object; not called for status updates. ObjectMeta is checked generically before. On an update `old` is
   * what is there: rules younger than an API let old objects keep what they already break. `warn` takes the texts of
   * warnings that it comes upon.
   */
  validate?(object: DeepReadonly<T>, old?: DeepReadonly<T>, warn?: (text: string) => void): FieldError[]
  /** Rules on a transition; `context.subresource` tells which. Metadata immutability is checked generically before. */
  validateUpdate?(object: DeepReadonly<T>, context: UpdateContext<T>): FieldError[]
  /** Warning header texts for a created or updated object. */
  warnings?(object: DeepReadonly<T>, old?: DeepReadonly<T>): string[]
  /** The group that refusals of an object name, where it is not the kind's: `extensions` for kinds that began there. */
  refusalGroup?: string
  /** How `metadata.name` is checked; DNS-1123 subdomain unless given. */
  nameRule?: NameRule
  /** Field selectors beside metadata.name and metadata.namespace. The empty string stands for an unset field. */
  selectableFields?: Readonly<Record<string, (object: DeepReadonly<T>) => string>>
  /** metadata.namespace is not among them. */
  selectsNoNamespace?: true
  /** How the kind refuses another field, where not in the usual words. */
  selectorRefusal?(field: string): string
  columns?: readonly PrinterColumn<T>[]
  /** A change of these parts, besides `spec`, raises metadata.generation; `false`: this kind has no generation. */
  generation?: false | ((object: DeepReadonly<T>) => unknown)
  /** A main-resource write may not touch status. Default: true where the table has a status subresource. */
  statusIsSeparate?: boolean
  /** May a PUT to a name that does not exist create it. Default false. */
  createOnUpdate?: boolean
  /** May an update leave out metadata.resourceVersion. Default true. */
  unconditionalUpdate?: boolean
  /** Graceful deletion: seconds to wait for the owner of the object to confirm, or undefined to delete at once. */
  gracePeriodSeconds?(object: DeepReadonly<T>, requested: number | undefined): number | undefined
  /** Default of propagationPolicy when the client names none: `Background` for most, `Orphan` for old workload APIs. */
  defaultPropagation?: 'Background' | 'Orphan'
  /**
   * What writers can own, by subresource (`''` for the object itself), where that is not the usual: all but status, and
   * through `status` all but spec. Upstream: GetResetFields and GetResetFieldsFilter of the strategies.
   */
  ownable?: Readonly<Record<string, OwnableRule>>
  /** Where `scale` reads and writes. Paths of fields, as `spec.replicas`. */
  scale?: ScaleRule<T>
}

/** Fields by path, `*` standing for any item: all of an object but these, or nothing but these; what is below counts too. */
export type OwnableRule = { readonly except: readonly string[] } | { readonly only: readonly string[] }

export interface ScaleRule<T> {
  readonly specReplicas: string
  readonly statusReplicas: string
  /** The number of replicas has no default: an object without it has no Scale, and errors name the path so. */
  readonly requiredPath?: string
  selector(object: DeepReadonly<T>): string
}

export const NameRule = {
  Dns1123Subdomain: 'dns1123subdomain',
  Dns1123Label: 'dns1123label',
  Dns1035Label: 'dns1035label',
  PathSegment: 'pathSegment',
} as const
export type NameRule = (typeof NameRule)[keyof typeof NameRule]

/** A served resource: the table's facts and the kind's own rules. */
export interface ResourceDefinition<T = ApiObject> extends ResourceSchema {
  readonly rules: KindRules<T>
  /** How its objects are read, where not by the schema table: for custom resources. */
  readonly model?: ObjectModel
  /** The kind of its lists, where that is not the kind's name and `List`. */
  readonly listKind?: string
  /** The schema of a custom resource, for OpenAPI documents; shared and frozen. */
  readonly openApiSchema?: DeepReadonly<JSONSchemaProps>
  /** The version that a custom resource is stored in. */
  readonly storageVersion?: string
  /** Sent as a Warning with every answer about the resource. */
  readonly deprecationWarning?: string
  /** Its CustomResourceDefinition is being deleted: nothing new may be created. */
  readonly isTerminating?: boolean
}

/** Joins a kind's rules to the table's entry, e.g. `defineResource<Pod>('v1', 'pods', { … })`. */
export function defineResource<T extends ApiObject>(
  groupVersion: string,
  plural: string,
  rules: KindRules<T>,
): ResourceDefinition<T> {
  const [first = '', second] = groupVersion.split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  const schema = schemaTable().resources.find(
    (entry) => entry.group === group && entry.version === version && entry.plural === plural,
  )
  if (!schema) throw new Error(`the schema table has no resource ${groupVersion} ${plural}`)
  return { ...schema, rules }
}

/** The kind of a resource's lists: `PodList`. */
export const listKindOf = ({ kind, listKind }: { kind: string; listKind?: string }): string => listKind ?? `${kind}List`

/** A subresource by the name that a client gave; undefined where the resource has none of that name. */
export const subresourceOf = ({ subresources }: Pick<ResourceSchema, 'subresources'>, name: string) =>
  Object.hasOwn(subresources, name) ? subresources[name] : undefined

/** `apps/v1`, or `v1` in the core group. */
export function groupVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`
}

/** The path of a resource, an object or a subresource: `/apis/apps/v1/namespaces/a/deployments/b/status`. */
export function apiPath(
  { group, version, plural }: ResourceRef,
  { namespace, name, subresource }: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const scope = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${root}${scope}/${plural}${object}${subresource ? `/${subresource}` : ''}`
}
