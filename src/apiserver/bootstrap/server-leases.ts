import type { ApiObject } from '../../api/resource.ts'
import type { Endpoints } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { type Entry, RevisionMismatch, type Store } from '../../store/store.ts'
import { encodeStored, StoredObject } from '../watch-cache/stored-value.ts'
import type { ApiServerAddress, ApiServers } from './api-servers.ts'

/** Where upstream's servers have theirs (pkg/controlplane/reconcilers: lease endpoint reconciler). */
export const SERVER_LEASES = '/registry/masterleases/'
/** Upstream's time to live; it renews every 10 s, and so has one try. */
const TTL_SECONDS = 15
const RENEW_MS = 5_000

export interface ServerLeasesDeps extends ApiServerAddress {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Which API servers of a cluster are alive: each keeps its address under a key that goes by itself 15 s after the server's
 * last renewal, and at once when the server stops in order.
 */
export class ServerLeases implements Component, ApiServers {
  readonly name = 'server-leases'
  readonly #deps: ServerLeasesDeps
  readonly #listeners = new Set<() => void>()
  /** Of our own key, as far as we know; 0 while it is not there. */
  #revision = 0

  constructor(deps: ServerLeasesDeps) {
    this.#deps = deps
  }

  async alive(): Promise<readonly ApiServerAddress[]> {
    const { store, address, port } = this.#deps
    const { entries } = await store.list(SERVER_LEASES)
    const others = entries.filter(({ key }) => key !== SERVER_LEASES + address)
    const all = [{ address, port }, ...others.map((entry) => this.#serverOf(entry))]
    return all.sort((left, right) => (left.address < right.address ? -1 : 1))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#keep(signal), this.#follow(signal)])
    await this.#leave()
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      await this.#renew().catch((error: Error) => log.info('the lease of this server was not renewed', { error }))
      await clock.sleep(RENEW_MS, signal).catch(() => undefined) // aborted: the loop ends
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#put()
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error
      this.#revision = error.actual // it expired, or an earlier process at this address left it
      await this.#put()
    }
  }

  async #put(): Promise<void> {
    const { store, address, port } = this.#deps
    const value = encodeStored(leaseOf({ address, port }))
    this.#revision = await store.put(SERVER_LEASES + address, value, this.#revision, { ttlSeconds: TTL_SECONDS })
  }

  async #leave(): Promise<void> {
    const { store, address, log } = this.#deps
    try {
      if (this.#revision > 0) await store.delete(SERVER_LEASES + address, this.#revision)
    } catch (error) {
      log.info('the lease of this server was left to expire', { error })
    }
  }

  /** Follows the leases of all, from now; again after a failure. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { store, clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        await store.watch(SERVER_LEASES, await store.synced(), (events) => this.#told(events), signal)
      } catch (error) {
        if (signal.aborted) return
        log.info('the leases of servers are watched again', { error })
        await clock.sleep(RENEW_MS, signal).catch(() => undefined) // aborted: the loop ends
        this.#changed()
      }
    }
  }

  /** A renewal changes nothing. */
  #told(events: readonly { readonly type: string; readonly isCreation: boolean }[]): void {
    if (events.some(({ type, isCreation }) => type === 'delete' || isCreation)) this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Upstream's leases do not say the port, since its servers have to have the same. */
  #serverOf({ key, value, revision }: Entry): ApiServerAddress {
    const { subsets } = new StoredObject(key, value, revision).object() as unknown as Endpoints
    return { address: key.slice(SERVER_LEASES.length), port: subsets?.[0]?.ports?.[0]?.port ?? this.#deps.port }
  }
}

/** An Endpoints without a name, as upstream has it. */
function leaseOf({ address, port }: ApiServerAddress): ApiObject {
  const subsets = [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }]
  return { kind: 'Endpoints', apiVersion: 'v1', metadata: {}, subsets } as ApiObject
}
