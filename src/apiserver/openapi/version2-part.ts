import type { Form } from './document.ts'
import { encodeVersion2 } from './gnostic/version2.ts'
import { type GzipPart, gzipPart } from './gzip-parts.ts'
import type { JsonSchema } from './schemas.ts'

/** What a part of the document of version 2 says. */
export interface Version2Content {
  readonly paths: JsonSchema
  readonly definitions: JsonSchema
}

/** The same in one form, compressed; put into the document beside others. */
export interface Version2Part {
  readonly paths: GzipPart
  readonly definitions: GzipPart
}

/** JSON parts begin with a comma where they have something to say: each document begins with a part of another kind. */
export async function version2Part(form: Form, { paths, definitions }: Version2Content): Promise<Version2Part> {
  const [first, second] = await Promise.all(
    form === 'json'
      ? [gzipPart(members(paths)), gzipPart(members(definitions))]
      : [gzipPart(message('paths', paths)), gzipPart(message('definitions', definitions))],
  )
  return { paths: first as GzipPart, definitions: second as GzipPart }
}

/** `,"a":1,"b":2`; nothing for an empty object. */
function members(object: JsonSchema): Uint8Array {
  const text = JSON.stringify(object).slice(1, -1)
  return Buffer.from(text === '' ? '' : `,${text}`)
}

const message = (member: 'paths' | 'definitions', object: JsonSchema): Uint8Array =>
  encodeVersion2(Object.keys(object).length > 0 ? { [member]: object } : {})
