import type { ApiObject } from '../api/resource.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { silentLogger } from '../base/log.ts'
import { Client, resources } from '../client/clientset.ts'
import type { Informers, ObjectOf, ResourceName } from '../client/informers.ts'
import { createInformers } from '../client/informers.ts'
import type { Controller } from '../controllers/controller.ts'
import { ControllerLoop } from '../controllers/controller-loop.ts'
import { FakeApi } from './fake-api.ts'
import { FakeClock, settle } from './fake-clock.ts'

/** A controller at work against a fake API, on a clock that the test moves. */
export interface ControllerBench {
  readonly api: FakeApi
  readonly client: Client
  readonly clock: FakeClock
  readonly informers: Informers
  /** Puts objects in as if others had written them. */
  put<K extends ResourceName>(resource: K, ...objects: readonly Loose<ObjectOf<K>>[]): void
  /** All objects of a resource as they are now. */
  all<K extends ResourceName>(resource: K): readonly DeepReadonly<ObjectOf<K>>[]
  /** Lets everything come to rest without time passing. */
  rest(): Promise<void>
}

/** An object as a test writes it: only what matters. */
export type Loose<T> = T extends string
  ? string
  : T extends (infer E)[]
    ? Loose<E>[]
    : T extends object
      ? { [K in keyof T]?: Loose<T[K]> }
      : T

/** Runs controllers until the test ends. */
export function controllerBench(
  t: { after(stop: () => void): void },
  ...controllers: readonly Controller[]
): ControllerBench {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const client = new Client(api)
  const informers = createInformers(client, { clock, log: silentLogger })
  const deps = { informers, clientFor: () => client, clock, log: silentLogger }
  const loops = controllers.map((controller) => new ControllerLoop(controller, deps))
  const stop = new AbortController()
  t.after(() => stop.abort())
  void informers.run(stop.signal)
  for (const loop of loops) void loop.run(stop.signal).catch(ignoreStop(stop.signal))
  return {
    api,
    client,
    clock,
    informers,
    put: (resource, ...objects) => {
      for (const object of objects) api.put(resources[resource], object as unknown as ApiObject)
    },
    all: <K extends ResourceName>(resource: K) =>
      api.all(resources[resource]) as unknown as readonly DeepReadonly<ObjectOf<K>>[],
    rest: () => settle(12),
  }
}

/** A loop that is stopped rejects with the reason; anything else is a fault that the test has to see. */
function ignoreStop(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error
  }
}
