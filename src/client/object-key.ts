import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ObjectName } from './client.ts'

/** `namespace/name`, or `name` for what has no namespace: how queues and caches name objects. */
export function objectKey({ name, namespace }: ObjectName): string {
  return namespace ? `${namespace}/${name}` : name
}

/** What `objectKey` was made from. */
export function parseObjectKey(key: string): ObjectName {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The key of an object. */
export function keyOf(object: DeepReadonly<{ metadata: { name?: string; namespace?: string } }>): string {
  const { name = '', namespace } = object.metadata
  return objectKey({ name, namespace })
}
