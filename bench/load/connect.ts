import { openHttp1 } from './http1-connection.ts'
import { openHttp2 } from './http2-connection.ts'
import type { Connection } from './request.ts'
import type { Target } from './target.ts'

/** Opens connections, all of them at once. */
export const connectAll = (target: Target, count: number, http2: boolean): Promise<Connection[]> =>
  Promise.all(Array.from({ length: count }, () => (http2 ? openHttp2(target) : openHttp1(target))))
