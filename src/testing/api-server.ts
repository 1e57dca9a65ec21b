import { discoverServed } from '../apiserver/discovery/discover-served.ts'
import type { UserInfo } from '../apiserver/request.ts'
import { type ApiServer, type ApiServerOptions, createApiServer } from '../apiserver/server.ts'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { Client } from '../client/clientset.ts'
import type { Discover } from '../client/discovery.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'

/** An API server over an empty memory store, in this process: everyone may do everything, nothing is admitted or refused. */
export interface TestApi extends AsyncDisposable {
  readonly server: ApiServer
  readonly store: MemoryStore
  /** What it serves now. */
  readonly discover: Discover
  /** A client of this server; as an administrator unless it is someone else. */
  client(user?: UserInfo): Client
}

const ADMINISTRATOR: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }

/** `await using api = await startTestApi()`. Any part can be replaced by a real one. */
export async function startTestApi(options: Partial<ApiServerOptions> = {}): Promise<TestApi> {
  const clock = options.clock ?? systemClock
  const store = new MemoryStore({ clock })
  const server = createApiServer({
    store,
    clock,
    log: silentLogger,
    authenticator: { authenticate: () => ({ kind: 'user', user: ADMINISTRATOR }) },
    authorizer: { authorize: () => ({ verdict: 'allow', reason: '' }) },
    admission: { mutate() {}, validate() {} },
    ...options,
  })
  const stop = new AbortController()
  const running = server.run(stop.signal)
  await Promise.race([server.whenReady(), running])
  return {
    server,
    store,
    discover: discoverServed({ definitions: () => server.registry.definitions, remote: () => [] }),
    client: (user = ADMINISTRATOR) => new Client(server.transport(user)),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await store.close()
    },
  }
}
