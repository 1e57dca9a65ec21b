import { setTimeout as delay } from 'node:timers/promises'
import { connectAll } from './connect.ts'
import type { Answer, Connection } from './request.ts'
import { runClient } from './run-client.ts'
import { ServerProcess } from './server-process.ts'
import { type Target, targetOf } from './target.ts'
import type { Setting } from './workload.ts'

const DELAY = /^navarch_event_loop_delay_seconds\{quantile="0.999"\} (\S+)/m
const COLLECTION = /^navarch_longest_major_collection_seconds (\S+)/m

/** In milliseconds. */
export interface LoopDelay {
  /** The 99.9th percentile, without major collections of garbage. */
  readonly delayMs: number
  /** The longest of those. */
  readonly collectionMs: number
}

/** A server to be measured: its namespaces and objects, and what can be seen of it from outside. */
export class Server implements AsyncDisposable {
  readonly name: string
  readonly target: Target
  readonly setting: Setting
  readonly process: ServerProcess | undefined
  readonly #connection: Connection
  readonly #namespaces: readonly string[]

  private constructor(init: Pick<Server, 'name' | 'target' | 'process'> & { connection: Connection; objects: number }) {
    this.name = init.name
    this.target = init.target
    this.process = init.process
    this.#connection = init.connection
    const [kept, changing] = [`bench-${process.pid}`, `bench-${process.pid}-new`]
    this.#namespaces = [kept, changing]
    const at = (namespace: string, plural: string) => `/api/v1/namespaces/${namespace}/${plural}`
    this.setting = {
      maps: at(kept, 'configmaps'),
      newMaps: at(changing, 'configmaps'),
      newPods: at(changing, 'pods'),
      objects: init.objects,
      round: '0',
    }
  }

  /** Makes the namespaces and the objects that workloads find. */
  static async prepare(init: { name: string; kubeconfig: string; objects: number; pid?: number }): Promise<Server> {
    const target = await targetOf(init.kubeconfig)
    const [connection] = (await connectAll(target, 1, false)) as [Connection]
    const process = init.pid === undefined ? undefined : new ServerProcess(init.pid)
    const server = new Server({ name: init.name, target, process, connection, objects: init.objects })
    for (const namespace of server.#namespaces) await server.#makeNamespace(namespace)
    const job = { target, connections: 32, http2: false, setting: server.setting }
    const { failures } = await runClient({ kind: 'objects', ...job })
    if (Object.keys(failures).length > 0) throw new Error(`${init.name} refuses objects: ${JSON.stringify(failures)}`)
    return server
  }

  /** What its event loop was held up by since the last call, where it is a Navarch; undefined for others. */
  async loopDelay(): Promise<LoopDelay | undefined> {
    const { body } = await this.#connection.send({ method: 'GET', path: '/metrics', keepsBody: true })
    const [delay, collection] = [DELAY, COLLECTION].map((line) => line.exec(body)?.[1])
    if (delay === undefined) return undefined
    return { delayMs: Number(delay) * 1000, collectionMs: Number(collection ?? 0) * 1000 }
  }

  /** Takes away what workloads left, so that the next finds the same server. */
  async clear(): Promise<void> {
    for (const path of [this.setting.newMaps, this.setting.newPods]) {
      await this.#connection.send({ method: 'DELETE', path, body: '{"gracePeriodSeconds":0}' })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear()
    await this.#connection.send({ method: 'DELETE', path: this.setting.maps })
    for (const name of this.#namespaces) await this.#send('DELETE', `/api/v1/namespaces/${name}`)
    this.#connection.close()
  }

  /** With the ServiceAccount that Pods need, if no controller makes it. */
  async #makeNamespace(name: string): Promise<void> {
    await this.#send('POST', '/api/v1/namespaces', `{"metadata":{"name":"${name}"}}`)
    const accounts = `/api/v1/namespaces/${name}/serviceaccounts`
    for (let tries = 0; tries < 20; tries++) {
      if ((await this.#send('GET', `${accounts}/default`)).status === 200) return
      await delay(50)
    }
    await this.#send('POST', accounts, '{"metadata":{"name":"default"}}')
  }

  #send(method: string, path: string, body?: string): Promise<Answer> {
    return this.#connection.send({ method, path, ...(body !== undefined && { body }) })
  }
}
