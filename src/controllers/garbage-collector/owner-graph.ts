import type { ApiObject, ResourceRef } from '../../api/resource.ts'
import type { OwnerReference } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Informer } from '../../client/informer.ts'

type AnyObject = DeepReadonly<ApiObject>

/** An object and where it is. */
export interface GraphNode {
  readonly resource: ResourceRef
  readonly kind: string
  readonly object: AnyObject
}

/** A resource that takes part: its objects may own and be owned. */
export interface FollowedResource {
  readonly resource: ResourceRef
  readonly kind: string
  readonly informer: Informer<ApiObject>
}

/**
 * Who owns whom, over the caches of all resources: nothing is copied, the edges are the caches' own indexes by owner. The
 * uid index holds exactly the objects that the followed caches show.
 */
export class OwnerGraph {
  readonly #followed = new Set<FollowedResource>()
  readonly #nodes = new Map<string, GraphNode>() // by uid

  /**
   * Follows a resource; `changed` and `gone` are told after the graph shows it. Returns how to stop: then the graph forgets
   * what it knows of its objects through this informer alone.
   */
  follow(followed: FollowedResource, changed: (node: GraphNode) => void, gone: (node: GraphNode) => void): () => void {
    const { resource, kind, informer } = followed
    this.#followed.add(followed)
    const present = (object: AnyObject) => {
      const node = { resource, kind, object }
      this.#nodes.set(uidOf(object), node)
      changed(node)
    }
    const deleted = (object: AnyObject) => {
      this.#nodes.delete(uidOf(object))
      gone({ resource, kind, object })
    }
    const unsubscribe = informer.on({ added: present, updated: present, deleted })
    return () => {
      unsubscribe()
      this.#followed.delete(followed)
      for (const object of informer.lister.list()) {
        if (this.#nodes.get(uidOf(object))?.resource === resource) this.#nodes.delete(uidOf(object))
      }
    }
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  /** Objects with an owner reference to this uid. */
  dependents(uid: string): GraphNode[] {
    const found = new Map<string, GraphNode>() // one that is followed in two versions for a while is one dependent
    for (const { resource, kind, informer } of this.#followed) {
      for (const object of informer.lister.ownedBy(uid)) found.set(uidOf(object), { resource, kind, object })
    }
    return [...found.values()]
  }
}

export const uidOf = ({ metadata }: AnyObject): string => metadata.uid ?? ''

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

export const isDeleting = ({ metadata }: AnyObject): boolean => metadata.deletionTimestamp !== undefined

export const hasFinalizer = ({ metadata }: AnyObject, name: string): boolean =>
  metadata.finalizers?.includes(name) ?? false

/** It is being deleted, and waits for its dependents to be deleted first. */
export const waitsForDependents = (object: AnyObject): boolean => isDeleting(object) && hasFinalizer(object, FOREGROUND)

/** Does the dependent hold its owner's foreground deletion back? */
export const blocks = ({ metadata }: AnyObject, ownerUid: string): boolean =>
  metadata.ownerReferences?.some(({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion) ?? false

/** Does the reference name this object, and not one elsewhere that has the uid by mistake or malice? */
export function isNamedBy(
  { object, kind, resource }: GraphNode,
  reference: DeepReadonly<OwnerReference>,
  namespace: string | undefined,
): boolean {
  const group = reference.apiVersion.includes('/') ? reference.apiVersion.split('/')[0] : ''
  const { metadata } = object
  const reachable = metadata.namespace === undefined || metadata.namespace === namespace
  return kind === reference.kind && resource.group === group && metadata.name === reference.name && reachable
}
