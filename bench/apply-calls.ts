import type { ApiCall, ApiResult } from '../src/apiserver/handler/call.ts'
import { createHandler, type Handler } from '../src/apiserver/handler/handler.ts'
import type { FieldManager } from '../src/apiserver/managed-fields/field-manager.ts'
import type { FieldManagers } from '../src/apiserver/managed-fields/field-managers.ts'
import { RegistryFieldManagers } from '../src/apiserver/managed-fields/registry-field-managers.ts'
import type { ServedResource } from '../src/apiserver/registry/served-resource.ts'
import { systemClock } from '../src/base/clock.ts'
import { startTestApi, type TestApi } from '../src/testing/api-server.ts'

/** Keeps nothing: what a handler without managed fields would do. */
const UNTRACKED: FieldManager = {
  create() {},
  update() {},
  apply: () => Promise.reject(new Error('nothing can be applied without field managers')),
}

const ALLOWED = { authorize: () => ({ verdict: 'allow', reason: '' }) as const }
const USER = { name: 'bench', groups: ['system:masters'] }
const NAMESPACE = 'bench'

type Body = Readonly<Record<string, unknown>>
type Named = Pick<ApiCall, 'verb' | 'resource' | 'name'> & Partial<Pick<ApiCall, 'patchType' | 'subresource'>>

/** Requests to a handler over a store in memory, each told by its name; every call changes the object that it is about. */
export class PatchCalls {
  static readonly names = [
    'create of a 1 KB ConfigMap',
    'update of a 1 KB ConfigMap, its managedFields sent along',
    'update of the status of a Deployment',
    'strategic merge patch of a Deployment',
    'server-side apply of a Deployment that changes it',
    'server-side apply of a Deployment that changes nothing',
  ] as const

  readonly calls: Readonly<Partial<Record<(typeof PatchCalls.names)[number], () => Promise<void>>>>
  readonly #api: TestApi
  readonly #handler: Handler
  #count = 0

  private constructor(api: TestApi, tracked: boolean) {
    this.#api = api
    const { registry } = api.server
    const fieldManagers: FieldManagers = tracked
      ? new RegistryFieldManagers({ registry, clock: systemClock })
      : { of: () => UNTRACKED, scale: UNTRACKED }
    const admission = { mutate() {}, validate() {} }
    this.#handler = createHandler({
      registry,
      clock: systemClock,
      admission,
      authorizer: ALLOWED,
      fieldManagers,
      answers: {},
    })
    const [create, update, status, strategic, change, noChange] = PatchCalls.names
    this.calls = {
      [create]: () => this.#createMap(),
      [update]: () => this.#updateMap(),
      [status]: () => this.#updateStatus(),
      [strategic]: () => this.#patch(),
      ...(tracked && { [change]: () => this.#apply(this.#next()), [noChange]: () => this.#apply('same') }),
    }
  }

  static async open({ tracked }: { readonly tracked: boolean }): Promise<PatchCalls> {
    const calls = new PatchCalls(await startTestApi(), tracked)
    const { maps, deployments } = calls.#resources()
    await calls.#send({ verb: 'create', resource: maps, name: '' }, PatchCalls.configMap('map', '0'))
    await calls.#send({ verb: 'create', resource: deployments, name: '' }, PatchCalls.deployment('d', '0'))
    if (tracked) await calls.#apply('0')
    return calls
  }

  close(): PromiseLike<void> {
    return this.#api[Symbol.asyncDispose]()
  }

  static configMap(name: string, value: string): Body {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value, padding: 'x'.repeat(800) } }
  }

  /** A Deployment as people write it: one container with ports, environment and a volume. */
  static deployment(name: string, value: string): Body {
    const labels = { app: name }
    const container = {
      name: 'app',
      image: 'registry.example.com/app:1',
      ports: [{ name: 'http', containerPort: 8080 }],
      env: [
        { name: 'VALUE', value },
        { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      ],
      resources: { requests: { cpu: '100m', memory: '64Mi' } },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    }
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels, annotations: { 'example.com/owner': 'bench' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [container], volumes: [{ name: 'data', emptyDir: {} }] },
        },
      },
    }
  }

  static strategicPatch(value: string): Body {
    const container = { name: 'app', env: [{ name: 'VALUE', value }] }
    return { spec: { template: { spec: { containers: [container] } } } }
  }

  #resources(): Record<'maps' | 'deployments', ServedResource> {
    const { registry } = this.#api.server
    return {
      maps: registry.find('', 'v1', 'configmaps') as ServedResource,
      deployments: registry.find('apps', 'v1', 'deployments') as ServedResource,
    }
  }

  #next(): string {
    return String(this.#count++)
  }

  async #createMap(): Promise<void> {
    const name = `map-${this.#next()}`
    await this.#send({ verb: 'create', resource: this.#resources().maps, name: '' }, PatchCalls.configMap(name, '1'))
  }

  async #updateMap(): Promise<void> {
    const { maps } = this.#resources()
    const current = await this.#read(maps, 'map')
    const { resourceVersion: _revision, ...metadata } = current.metadata as Record<string, unknown>
    const body = { ...current, metadata, data: { ...(current.data as Body), value: this.#next() } }
    await this.#send({ verb: 'update', resource: maps, name: 'map' }, body)
  }

  async #updateStatus(): Promise<void> {
    const { deployments } = this.#resources()
    const current = await this.#read(deployments, 'd')
    const { resourceVersion: _revision, ...metadata } = current.metadata as Record<string, unknown>
    const body = { ...current, metadata, status: { observedGeneration: this.#count++ } }
    await this.#send({ verb: 'update', resource: deployments, name: 'd', subresource: 'status' }, body)
  }

  async #patch(): Promise<void> {
    const { deployments } = this.#resources()
    const body = PatchCalls.strategicPatch(this.#next())
    await this.#send({ verb: 'patch', resource: deployments, name: 'd', patchType: 'strategic' }, body)
  }

  async #apply(value: string): Promise<void> {
    const { deployments } = this.#resources()
    const body = PatchCalls.deployment('d', value)
    await this.#send({ verb: 'patch', resource: deployments, name: 'd', patchType: 'apply' }, body)
  }

  async #read(resource: ServedResource, name: string): Promise<Body> {
    const { storage } = resource
    if (!storage) throw new Error('nothing is stored')
    const object = await storage.current(storage.key(NAMESPACE, name), new AbortController())
    return object?.object() as unknown as Body
  }

  /** From bytes to bytes. */
  async #send(call: Named, body: Body): Promise<void> {
    const query = new Map(
      call.patchType === 'apply'
        ? [
            ['fieldManager', 'bench'],
            ['force', 'true'],
          ]
        : [],
    )
    const bytes = Buffer.from(JSON.stringify(body))
    const result = await this.#handler({
      subresource: '',
      ...call,
      namespace: NAMESPACE,
      query: { get: (name) => query.get(name), all: (name) => (query.has(name) ? [query.get(name) as string] : []) },
      body: { kind: 'bytes', bytes, mediaType: 'application/json', readable: ['application/json'] },
      user: USER,
      userAgent: 'bench/1',
      signal: new AbortController().signal,
      warn: (text) => process.stdout.write(`${text}\n`),
    })
    encoded(result)
  }
}

function encoded(result: ApiResult): void {
  if (result.kind !== 'object') throw new Error(`answered with a ${result.kind}`)
  result.object.json()
}
