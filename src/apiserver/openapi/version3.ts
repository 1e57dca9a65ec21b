import { compressed, LazyDocument } from './document.ts'
import { encodeVersion3 } from './gnostic/version3.ts'
import { closureOf, type JsonSchema, schemaOf } from './schemas.ts'

/** How clients show who they are, in both versions of documents. */
export const BEARER = {
  BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
}

/** What a document of version 3 is made of. */
export interface Version3Content {
  /** The server's version. */
  readonly version: string
  readonly paths: JsonSchema
  /** Types of the schema table; those that they refer to are added. */
  readonly types: readonly string[]
  /** Schemas of custom resources by name. */
  readonly custom: JsonSchema
}

/** A document of version 3 whose content is put together when it is first asked for. */
export function version3Document(hash: string, content: () => Version3Content): LazyDocument {
  return new LazyDocument(hash, (form) => {
    const document = documentOf(content())
    return compressed(form === 'json' ? Buffer.from(JSON.stringify(document)) : encodeVersion3(document))
  })
}

function documentOf({ version, paths, types, custom }: Version3Content): JsonSchema {
  const table = closureOf(types).map((name) => [name, schemaOf(name, 'v3')])
  const schemas = { ...Object.fromEntries(table), ...custom }
  const info = { title: 'Kubernetes', version }
  return { openapi: '3.0.0', info, paths, components: { schemas, securitySchemes: BEARER } }
}
