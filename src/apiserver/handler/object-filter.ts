import type { ResourceDefinition } from '../../api/resource.ts'
import { checkFieldLabels, type FieldSelector, parseFieldSelector } from '../../api/selector/fields.ts'
import { type LabelSelector, parseLabelSelector } from '../../api/selector/labels.ts'
import { badRequest } from '../../api/status-error.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { Query } from './call.ts'

const NAME = 'metadata.name'
const ONE_OF: ReadonlySet<string> = new Set(['=', '==', 'in'])

/** What a list or a watch wants to see of a resource. */
export class ObjectFilter {
  readonly #resource: ServedResource
  readonly #labels: LabelSelector | undefined
  readonly #fields: FieldSelector | undefined
  /** Selects everything. */
  readonly empty: boolean

  constructor(resource: ServedResource, labels: LabelSelector | undefined, fields: FieldSelector | undefined) {
    this.#resource = resource
    this.#labels = labels
    this.#fields = fields
    this.empty = labels === undefined && fields === undefined
  }

  /**
   * Reads the selectors of a request; throws 400 on those that cannot be read or name fields that are not selectable. A
   * `name` in the path selects too, and a field selector beside it must ask for the same.
   */
  static of(resource: ServedResource, query: Query, name = ''): ObjectFilter {
    const labels = parsed(query.get('labelSelector'), parseLabelSelector)
    const asked = parsed(query.get('fieldSelector'), parseFieldSelector)
    const fields = name === '' ? asked : (asked ?? parseFieldSelector(`${NAME}=${name}`))
    if (fields) {
      checkLabels(fields, resource.definition)
    }
    const filter = new ObjectFilter(resource, labels, fields)
    if (name !== '' && filter.exactly(NAME) !== name) {
      throw badRequest("fieldSelector metadata.name doesn't match requested name")
    }
    return filter
  }

  /** As stored objects: the filter takes the view that its resource shows. */
  matches(stored: CachedObject): boolean {
    if (this.empty) return true
    const view = this.#resource.view(stored)
    if (this.#labels && !this.#labels.matches(view.labels())) return false
    const { selectableFields } = this.#resource.definition.rules
    return (
      this.#fields?.matches((field) => {
        if (field === NAME) return stored.name
        if (field === 'metadata.namespace') return stored.namespace
        return selectableFields?.[field]?.(view.object()) ?? ''
      }) ?? true
    )
  }

  /** A label that must have one certain value, with it; undefined when the selector asks for none. */
  label(): { readonly key: string; readonly value: string } | undefined {
    const wanted = this.#labels?.requirements.find(
      ({ operator, values }) => ONE_OF.has(operator) && values.length === 1,
    )
    return wanted && { key: wanted.key, value: wanted.values[0] as string }
  }

  /** Whether `label` is all that the selectors ask for. */
  get isLabel(): boolean {
    return !this.#fields && this.#labels?.requirements.length === 1 && this.label() !== undefined
  }

  /** The value that a field must have, when the selector asks for exactly one: lists look it up in an index. */
  exactly(field: string): string | undefined {
    return this.#fields?.requirements.find((wanted) => wanted.field === field && wanted.op === '=')?.value
  }
}

function checkLabels(fields: FieldSelector, { rules, model, namespaced }: ResourceDefinition): void {
  const own = Object.keys(rules.selectableFields ?? {})
  if (model) return checkCustomLabels(fields, own, namespaced)
  checkFieldLabels(fields, { fields: own, namespace: !rules.selectsNoNamespace, refusal: rules.selectorRefusal })
}

/** Upstream's converter of custom resources has words of its own, and cluster-scoped ones have no namespace. */
function checkCustomLabels({ requirements }: FieldSelector, own: readonly string[], namespaced: boolean): void {
  const known = [NAME, ...(namespaced ? ['metadata.namespace'] : []), ...own]
  const unknown = requirements.find(({ field }) => !known.includes(field))
  if (unknown) throw badRequest(`field label not supported: ${unknown.field}`)
}

function parsed<S extends { readonly empty: boolean }>(
  text: string | undefined,
  parse: (text: string) => S,
): S | undefined {
  if (text === undefined || text === '') return undefined
  const selector = parse(text)
  return selector.empty ? undefined : selector
}
