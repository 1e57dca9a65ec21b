import type { ApiObject } from '../../api/resource.ts'
import type { OwnerReference } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { RecentMap } from '../../base/recent-map.ts'
import type { Client } from '../../client/clientset.ts'
import type { DiscoveredResource } from '../../client/discovery.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import type { OwnerGraph } from './owner-graph.ts'
import { isNamedBy, waitsForDependents } from './owner-graph.ts'
import type { OwnerState } from './verdict.ts'

/** Upstream: absentOwnerCache. */
const REMEMBERED_ABSENT = 500

type AnyObject = DeepReadonly<ApiObject>
type Reference = DeepReadonly<OwnerReference>

/** An owner that cannot exist: a cluster-wide object names one in a namespace. The object is left alone. */
export class InvalidOwnerNamespace extends Error {}

/** Finds out what owner references point at; absence is believed only when the API server confirms it. */
export class OwnerLookup {
  readonly #graph: OwnerGraph
  readonly #client: Client
  readonly #absent = new RecentMap<string, true>(REMEMBERED_ABSENT)
  #resources = new Map<string, DiscoveredResource>() // by group/kind

  constructor(graph: OwnerGraph, client: Client) {
    this.#graph = graph
    this.#client = client
  }

  /** The resources there are now. */
  know(resources: readonly DiscoveredResource[]): void {
    this.#resources = new Map(resources.map((resource) => [`${resource.group}/${resource.kind}`, resource]))
  }

  /** From the caches alone: undefined when only the API server can tell. */
  cached(object: AnyObject, reference: Reference): OwnerState | undefined {
    const node = this.#graph.get(reference.uid)
    if (!node || !isNamedBy(node, reference, object.metadata.namespace)) return undefined
    return stateOf(node.object)
  }

  /** Throws when the owner's kind is not served, and InvalidOwnerNamespace. */
  async state(object: AnyObject, reference: Reference, signal: AbortSignal): Promise<OwnerState> {
    const { namespace } = object.metadata
    const known = this.cached(object, reference)
    if (known) return known
    const key = JSON.stringify([reference.apiVersion, reference.kind, reference.name, reference.uid, namespace])
    if (this.#absent.get(key)) return 'absent'
    const resource = this.#resourceOf(reference)
    if (resource.namespaced && !namespace) {
      throw new InvalidOwnerNamespace(
        `ownerRef [${reference.apiVersion}/${reference.kind}, namespace: , name: ${reference.name}, uid: ${reference.uid}] does not exist in namespace ""`,
      )
    }
    const at = { name: reference.name, ...(resource.namespaced && { namespace }) }
    const owner = await this.#client.resource<ApiObject>(resource).get(at, { signal }).catch(ignoreNotFound)
    if (owner?.metadata.uid === reference.uid) return stateOf(owner)
    this.#absent.set(key, true)
    return 'absent'
  }

  #resourceOf({ apiVersion, kind }: Reference): DiscoveredResource {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
    const resource = this.#resources.get(`${group}/${kind}`)
    if (!resource) throw new Error(`unable to get REST mapping for ${apiVersion}/${kind}.`)
    return resource
  }
}

const stateOf = (owner: AnyObject): OwnerState => (waitsForDependents(owner) ? 'waiting' : 'solid')
