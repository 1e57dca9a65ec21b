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

/** Throws 400 when the token is none of ours. */
export function decodeContinue(text: string): ContinueToken {
  const token = parse(text)
  if (token.v !== 'meta.k8s.io/v1') throw refused('server does not recognize this encoded version', token.v)
  if (typeof token.rv !== 'number' || token.rv === 0) {
    throw badRequest('invalid continue token: incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  }
  if (typeof token.start !== 'string' || token.start === '') {
    throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start key')
  }
  if (`/${token.start}/`.includes('/../')) {
    throw badRequest(`invalid continue token: continue key is not valid: ${token.start}`)
  }
  return { revision: token.rv, start: token.start }
}

function parse(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  const odd = text.search(/[^A-Za-z0-9_-]/)
  const broken = odd >= 0 ? odd : text.length % 4 === 1 ? text.length - 1 : -1
  if (broken >= 0) throw badRequest(`continue key is not valid: illegal base64 data at input byte ${broken}`)
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as object
  } catch (error) {
    throw badRequest(`continue key is not valid: ${(error as Error).message}`)
  }
}

const refused = (why: string, version: unknown) => badRequest(`continue key is not valid: ${why} "${version}"`)
