/** The content type of version 2 in protobuf. Clients also write it with `@` for the last dot but one. */
export const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*'])

export type V2Format = 'json' | 'protobuf'

/** The form of `/openapi/v2` that an Accept header asks for first; undefined (406) when it takes neither. */
export function v2Format(accept: string | undefined): V2Format | undefined {
  if (!accept) return 'json'
  for (const clause of accept.split(',')) {
    const type = (clause.split(';')[0] ?? '').trim().replace('v2@v1.0', 'v2.v1.0')
    if (type === V2_PROTOBUF) return 'protobuf'
    if (JSON_TYPES.has(type)) return 'json'
  }
  return undefined
}
