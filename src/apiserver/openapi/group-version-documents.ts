import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '../../api/resource.ts'
import { schemaTable } from '../../api/schema/schema.ts'
import { CUSTOM_BASE_TYPES, customSchemas } from './custom-schema.ts'
import type { Document } from './document.ts'
import { compressed } from './document.ts'
import { OPERATION_TYPES, pathsOf } from './paths.ts'
import { closureOf, type Dialect, type JsonSchema, schemaOf } from './schemas.ts'
import { isCustom, listTypeOf, ownTypeOf, typeNameOf } from './type-names.ts'

/** Raise this when the documents are written in another way, so that clients fetch them again. */
const FORM = 2

export const BEARER = {
  BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
}

/** What a group version adds to the one document of version 2. */
export interface Fragment {
  readonly paths: JsonSchema
  /** Types of the schema table. */
  readonly types: readonly string[]
  /** Schemas of custom resources by name. */
  readonly custom: JsonSchema
}

/** The documents of one group version, each made on first use; another instance takes over when a resource changes. */
export class GroupVersionDocuments {
  readonly resources: readonly ResourceDefinition[]
  readonly #version: string
  #hash: string | undefined
  #v3: Document | undefined

  /** `version`: the server's, shown in the documents. */
  constructor(resources: readonly ResourceDefinition[], version: string) {
    this.resources = resources
    this.#version = version
  }

  /** Whether it was made of these very definitions. */
  isOf(resources: readonly ResourceDefinition[]): boolean {
    return resources.length === this.resources.length && resources.every((entry, at) => entry === this.resources[at])
  }

  /** Of what a document is made of rather than of its bytes: the index needs no document to be built. */
  get hash(): string {
    this.#hash ??= hashOf(this.resources, this.#version)
    return this.#hash
  }

  get v3(): Document {
    this.#v3 ??= compressed(Buffer.from(JSON.stringify(this.#version3())), this.hash)
    return this.#v3
  }

  fragment(): Fragment {
    return {
      paths: pathsOf(this.resources, 'v2'),
      types: tableTypesOf(this.resources),
      custom: customOf(this.resources, 'v2'),
    }
  }

  #version3(): JsonSchema {
    const names = closureOf([...OPERATION_TYPES, ...tableTypesOf(this.resources)])
    const table = names.map((name) => [name, schemaOf(name, 'v3')])
    const schemas = { ...Object.fromEntries(table), ...customOf(this.resources, 'v3') }
    const info = { title: 'Kubernetes', version: this.#version }
    return {
      openapi: '3.0.0',
      info,
      paths: pathsOf(this.resources, 'v3'),
      components: { schemas, securitySchemes: BEARER },
    }
  }
}

const customOf = (resources: readonly ResourceDefinition[], dialect: Dialect): JsonSchema =>
  Object.fromEntries(resources.filter(isCustom).flatMap((resource) => customSchemas(resource, dialect)))

function tableTypesOf(resources: readonly ResourceDefinition[]): string[] {
  const own = resources.flatMap((resource) => {
    const subresources = Object.values(resource.subresources).map(typeNameOf)
    if (isCustom(resource)) return [...CUSTOM_BASE_TYPES, ...subresources]
    return [ownTypeOf(resource), listTypeOf(resource), ...subresources]
  })
  return [...new Set(own.filter((name) => name !== undefined))]
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
