import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '../../api/resource.ts'
import { schemaTable } from '../../api/schema/schema.ts'
import { CUSTOM_BASE_TYPES, customSchemas } from './custom-schema.ts'
import type { Document, Form } from './document.ts'
import { resourceListPath, writtenPaths } from './general-paths.ts'
import { OPERATION_TYPES, pathsOf } from './paths.ts'
import type { Dialect, JsonSchema } from './schemas.ts'
import { isCustom, listTypeOf, ownTypeOf, typeNameOf } from './type-names.ts'
import { type Version2Part, version2Part } from './version2-part.ts'
import { version3Document } from './version3.ts'

/** Raise this when the documents are written in another way, so that clients fetch them again. */
export const FORM = 4

/**
 * What one group version has in the documents: a document of version 3, and a part of version 2. Both are made on first
 * use; another instance takes over when a resource changes.
 */
export class GroupVersionDocuments {
  readonly v3: Document
  /** Of what the documents are made of. */
  readonly hash: string
  /** Types of the schema table that it refers to, without those that these refer to. */
  readonly types: readonly string[]
  readonly #resources: readonly ResourceDefinition[]
  readonly #parts = new Map<Form, Promise<Version2Part>>()

  /** `resources`: all of one group version. `version`: the server's, shown in the documents. */
  constructor(resources: readonly ResourceDefinition[], version: string) {
    this.#resources = resources
    this.hash = hashOf(resources, version)
    this.types = tableTypesOf(resources)
    this.v3 = version3Document(this.hash, () => ({
      version,
      paths: this.#paths('v3'),
      types: this.types,
      custom: this.custom('v3'),
    }))
  }

  /** Whether it was made of these very definitions. */
  isOf(resources: readonly ResourceDefinition[]): boolean {
    return resources.length === this.#resources.length && resources.every((entry, at) => entry === this.#resources[at])
  }

  /** Schemas of its custom resources by name. */
  custom(dialect: Dialect): JsonSchema {
    return Object.fromEntries(this.#resources.filter(isCustom).flatMap((resource) => customSchemas(resource, dialect)))
  }

  version2Part(form: Form): Promise<Version2Part> {
    let part = this.#parts.get(form)
    if (!part) {
      part = version2Part(form, { paths: this.#paths('v2'), definitions: this.custom('v2') })
      this.#parts.set(form, part)
    }
    return part
  }

  /** Custom resources have no path of their own for discovery, as upstream's builder leaves it out. */
  #paths(dialect: Dialect): JsonSchema {
    const own = pathsOf(this.#resources, dialect)
    const [first] = this.#resources
    return first && !isCustom(first) ? { ...writtenPaths([resourceListPath(first)], dialect), ...own } : own
  }
}

function tableTypesOf(resources: readonly ResourceDefinition[]): string[] {
  const own = resources.flatMap((resource) => {
    const subresources = Object.values(resource.subresources).map(typeNameOf)
    if (isCustom(resource)) return [...CUSTOM_BASE_TYPES, ...subresources]
    return [resourceListPath(resource).answer, ownTypeOf(resource), listTypeOf(resource), ...subresources]
  })
  return [...new Set([...OPERATION_TYPES, ...own.filter((name) => name !== undefined)])]
}

function hashOf(resources: readonly ResourceDefinition[], version: string): string {
  const hash = createHash('sha512').update(`${FORM} ${schemaTable().version} ${version}`)
  for (const resource of resources) {
    const { group, version, kind, plural, listKind, namespaced, verbs, subresources, openApiSchema, rules } = resource
    const selectable = Object.keys(rules.selectableFields ?? {})
    const facts = { group, version, kind, plural, listKind, namespaced, verbs, subresources, openApiSchema, selectable }
    hash.update(JSON.stringify(facts))
  }
  return hash.digest('hex').toUpperCase()
}
