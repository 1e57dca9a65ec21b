import type { Form } from './document.ts'

type Version = 'v2' | 'v3'

/** The content types that documents are sent as. */
export const contentTypeOf = (version: Version, form: Form): string =>
  form === 'json' ? 'application/json' : `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`

const ANY: ReadonlySet<string> = new Set(['application/json', 'application/*', '*/*'])

/**
 * The form of a document that an Accept header prefers; undefined (406) when it takes neither. Clients also write the
 * protobuf type with `@` before its own version.
 */
export function formOf(accept: string | undefined, version: Version): Form | undefined {
  if (!accept) return 'json'
  const clauses = accept.split(',').map(clauseOf)
  for (const { type } of clauses.sort((left, right) => right.quality - left.quality)) {
    if (type.replace('@v1.0', '.v1.0') === contentTypeOf(version, 'protobuf')) return 'protobuf'
    if (ANY.has(type)) return 'json'
  }
  return undefined
}

function clauseOf(clause: string): { type: string; quality: number } {
  const [type = '', ...parameters] = clause.split(';').map((part) => part.trim())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
}
