import { decodeJson } from '../../api/codec/json.ts'
import { badRequest } from '../../api/status-error.ts'

/** Where a listing goes on: as of `revision` (-1: as of now), from the key after the prefix of the collection. */
export interface ContinueToken {
  readonly revision: number
  readonly start: string
}

/** Upstream's format (storage.EncodeContinue): clients treat it as opaque, servers of one cluster exchange it. */
export function encodeContinue({ revision, start }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url')
}

/** Throws 400 when the token is none of ours, in upstream's words (storage.DecodeContinue). */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start } = fieldsOf(decoded(text))
  if (v !== 'meta.k8s.io/v1') throw refused(`: server does not recognize this encoded version ${v}`)
  if (rv === 0) throw refused(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (start === '') throw refused(': encoded start key empty (version meta.k8s.io/v1)')
  if (!isClean(start)) throw refused(`: ${start}`)
  return { revision: rv, start: start.startsWith('/') ? start.slice(1) : start }
}

function decoded(text: string): unknown {
  const odd = text.search(/[^A-Za-z0-9_-]/)
  const broken = odd >= 0 ? odd : text.length % 4 === 1 ? text.length - 1 : -1
  if (broken >= 0) throw refused(`: illegal base64 data at input byte ${broken}`)
  try {
    return decodeJson(Buffer.from(text, 'base64url')).value
  } catch (error) {
    throw refused(`: ${(error as Error).message}`)
  }
}

interface Fields {
  readonly v: string
  readonly rv: number
  readonly start: string
}

/** As Go fills its struct: what is missing or null is the zero value. */
function fieldsOf(value: unknown): Fields {
  const mismatch = (found: unknown, into: string) =>
    refused(`: json: cannot unmarshal ${goKind(found)} into Go ${into}`)
  if (value === null) return { v: '', rv: 0, start: '' }
  if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, 'value of type storage.continueToken')
  const given = value as Readonly<Record<string, unknown>>
  const field = <T>(name: string, zero: T, type: string): T => {
    const found = given[name] ?? zero
    if (typeof found === typeof zero) return found as T
    throw mismatch(found, `struct field continueToken.${name} of type ${type}`)
  }
  return { v: field('v', '', 'string'), rv: field('rv', 0, 'int64'), start: field('start', '', 'string') }
}

const goKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

/** Whether Go's path.Clean leaves the key as it is: it leads nowhere else. */
const isClean = (key: string): boolean =>
  (key.startsWith('/') ? key.slice(1) : key).split('/').every((part) => part !== '' && part !== '.' && part !== '..')

const refused = (why: string) => badRequest(`invalid continue token: continue key is not valid${why}`)
