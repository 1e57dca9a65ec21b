import { resources } from '../client/clientset.ts'
import type { Lister } from '../client/informer.ts'
import type { Informers, ObjectOf, ResourceName } from '../client/informers.ts'

/** The caches that a controller may read, by resource. */
export type Listers = { readonly [K in ResourceName]: Lister<ObjectOf<K>> }

/**
 * The listers of these resources. A controller that reads another fails at once, instead of taking a cache that is not
 * filled yet for an empty cluster.
 */
export function listersOf(informers: Informers, names: Iterable<ResourceName>): Listers {
  const allowed = new Set(names)
  const listers = {}
  for (const name of Object.keys(resources) as ResourceName[]) {
    const get = allowed.has(name) ? () => informers[name].lister : () => refuse(name)
    Object.defineProperty(listers, name, { get, enumerable: false })
  }
  return listers as Listers
}

function refuse(name: ResourceName): never {
  throw new Error(`the controller does not declare that it reads ${name}`)
}
