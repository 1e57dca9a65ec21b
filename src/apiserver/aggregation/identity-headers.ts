import type { OutgoingHttpHeaders } from 'node:http'
import type { UserInfo } from '../request.ts'

/** Who the aggregator itself is for its backends. */
export const AGGREGATOR: UserInfo = { name: 'system:kube-aggregator', groups: ['system:masters'] }

/** The headers that tell a backend who asks; it believes them because of our front-proxy certificate. */
export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'x-remote-user': name, 'x-remote-group': [...groups] }
  if (uid) headers['x-remote-uid'] = uid
  for (const [key, values] of Object.entries(extra)) headers[`x-remote-extra-${escaped(key)}`] = [...values]
  return headers
}

/** What a header name cannot hold is percent-encoded, and so is `%` itself. */
const escaped = (key: string): string =>
  key
    .toLowerCase()
    .replace(/[^!#$&'*+\-.^_`|~0-9a-z]/g, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )

/** What belongs to one connection, or claims an identity, is not passed on. */
const KEPT_BACK =
  /^(:|authorization$|impersonate-|x-remote-|connection$|upgrade$|host$|keep-alive$|proxy-|transfer-encoding$|te$|trailer$)/

/** Headers of a request or an answer that go on to the other side. */
export const passedOn = (headers: NodeJS.Dict<string | string[]>): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !KEPT_BACK.test(name)))
