import { DecodeError } from '../codec/decode-error.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import { dns1035LabelErrors } from '../meta/names.ts'
import { validateObjectMeta } from '../meta/validation.ts'
import { NameRule } from '../resource.ts'
import type { TemplateMeta } from '../types/meta.v1.ts'
import { decodeMeta } from './object-meta.ts'
import { additionalOf, isEmbedded, isObject, itemsOf, type JsonObject, type Schema } from './schema.ts'

/** The embedded resources of a schema; parts of it without any are not walked. Upstream: objectmeta.Validate. */
export class EmbeddedResources {
  readonly #isResource: boolean
  readonly #properties: ReadonlyMap<string, EmbeddedResources>
  readonly #declared: Schema['properties']
  readonly #additional: EmbeddedResources | undefined
  readonly #items: EmbeddedResources | undefined

  private constructor(schema: Schema, properties: ReadonlyMap<string, EmbeddedResources>) {
    this.#isResource = isEmbedded(schema)
    this.#properties = properties
    this.#declared = schema.properties
    const additional = additionalOf(schema)
    const items = itemsOf(schema)
    this.#additional = additional && EmbeddedResources.of(additional)
    this.#items = items && EmbeddedResources.of(items)
  }

  /** Undefined where the schema has none. */
  static of(schema: Schema): EmbeddedResources | undefined {
    const properties = new Map<string, EmbeddedResources>()
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const below = EmbeddedResources.of(property)
      if (below) properties.set(name, below)
    }
    const found = new EmbeddedResources(schema, properties)
    return found.#isResource || properties.size > 0 || found.#additional || found.#items ? found : undefined
  }

  /** What is wrong with the embedded resources of a value; `path` is '' at the root. */
  validate(value: unknown, path: string, errors: FieldError[]): void {
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        this.#items?.validate(item, `${path}[${index}]`, errors)
      })
    } else if (isObject(value)) {
      if (this.#isResource) errors.push(...resourceErrors(value, path))
      this.#members(value, path, errors)
    }
  }

  #members(object: JsonObject, path: string, errors: FieldError[]): void {
    for (const key of Object.keys(object)) {
      const property = this.#properties.get(key)
      if (property) property.validate(object[key], at(path, key), errors)
      else if (this.#additional && !(this.#declared && Object.hasOwn(this.#declared, key))) {
        this.#additional.validate(object[key], `${path}[${key}]`, errors)
      }
    }
  }
}

const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** apiVersion and kind have to be there and well formed; metadata may be absent. Upstream: validateEmbeddedResource. */
export function resourceErrors(object: JsonObject, path: string): FieldError[] {
  return [
    ...apiVersionErrors(object, at(path, 'apiVersion')),
    ...kindErrors(object, at(path, 'kind')),
    ...(Object.hasOwn(object, 'metadata') ? metadataErrors(object.metadata, at(path, 'metadata')) : []),
  ]
}

function apiVersionErrors(object: JsonObject, path: string): FieldError[] {
  if (!Object.hasOwn(object, 'apiVersion')) return [required(path)]
  const { apiVersion } = object
  if (typeof apiVersion !== 'string') return [invalid(path, apiVersion, 'must be a string')]
  if (apiVersion === '') return [invalid(path, apiVersion, 'must not be empty')]
  if (apiVersion.split('/').length <= 2) return []
  return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
}

function kindErrors(object: JsonObject, path: string): FieldError[] {
  if (!Object.hasOwn(object, 'kind')) return [required(path)]
  const { kind } = object
  if (typeof kind !== 'string') return [invalid(path, kind, 'must be a string')]
  if (kind === '') return [invalid(path, kind, 'must not be empty')]
  const problems = dns1035LabelErrors(kind.toLowerCase())
  if (problems.length === 0) return []
  return [invalid(path, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)]
}

function metadataErrors(value: unknown, path: string): FieldError[] {
  try {
    const metadata = decodeMeta(value, 'Ignore').metadata as TemplateMeta
    const named = { ...metadata, name: metadata.name || 'fakename' } // it may be without a name
    return validateObjectMeta(named, { namespaced: Boolean(metadata.namespace), nameRule: NameRule.PathSegment }, path)
  } catch (error) {
    if (error instanceof DecodeError) return [invalid(path, value, error.message)]
    throw error
  }
}
