import { createHash, randomUUID } from 'node:crypto'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Lease } from '../../api/types/coordination.v1.ts'
import type { Clock } from '../../base/clock.ts'
import { microTimestamp } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { New } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'

export interface ServerIdentityDeps {
  /** Acts as componentUsers.apiserver. */
  readonly client: Pick<Client, 'leases'>
  readonly hostname: string
  /** Between two renewals; upstream's 10 s where several servers watch each other. */
  readonly renewMs: number
  readonly clock: Clock
  readonly log: Logger
}

const NAMESPACE = 'kube-system'
const LABEL = 'apiserver.kubernetes.io/identity'
const DURATION_SECONDS = 3600
/** Leases that have expired are looked for that often. */
const COLLECT_MS = 3_600_000

/**
 * Publishes which API servers there are, for people and for storage version migration (KEP-1965): a Lease
 * `apiserver-<hash of the host's name>` for each, which goes an hour after its server's last renewal.
 */
export class ServerIdentity implements Component {
  readonly name = 'server-identity'
  readonly #deps: ServerIdentityDeps
  readonly #lease: string
  readonly #holder: string
  #collectedMs = Number.NEGATIVE_INFINITY

  constructor(deps: ServerIdentityDeps) {
    this.#deps = deps
    this.#lease = leaseName(deps.hostname)
    this.#holder = `${this.#lease}_${randomUUID()}`
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, renewMs } = this.#deps
    while (!signal.aborted) {
      try {
        await this.#renew(signal)
        await this.#collect(signal)
      } catch (error) {
        if (!signal.aborted) log.info('the identity of this server was not renewed', { error })
      }
      await clock.sleep(renewMs, signal).catch(() => undefined) // aborted: the loop ends
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { leases } = this.#deps.client
    const at = { name: this.#lease, namespace: NAMESPACE }
    const labels = { [LABEL]: 'kube-apiserver', 'kubernetes.io/hostname': this.#deps.hostname }
    const renewTime = microTimestamp(this.#deps.clock.now())
    const spec = { holderIdentity: this.#holder, leaseDurationSeconds: DURATION_SECONDS, renewTime }
    const current = await leases.get(at, { signal }).catch(absentWhenNotFound)
    if (!current) {
      await leases.create({ metadata: { ...at, labels }, spec } as New<Lease>, { signal })
      return
    }
    const lease = editable<Lease>(current)
    lease.metadata.labels = { ...lease.metadata.labels, ...labels }
    await leases.update({ ...lease, spec: { ...lease.spec, ...spec } }, { signal })
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#deps
    if (clock.monotonic() < this.#collectedMs + COLLECT_MS) return
    this.#collectedMs = clock.monotonic()
    const { items } = await client.leases.list({
      namespace: NAMESPACE,
      labelSelector: `${LABEL}=kube-apiserver`,
      signal,
    })
    for (const { metadata, spec } of items.filter((lease) => isExpired(lease, clock.now()))) {
      const preconditions = { uid: metadata.uid, resourceVersion: metadata.resourceVersion }
      await client.leases.delete(metadata, { preconditions, signal }).catch(unlessChanged)
      this.#deps.log.info('the identity of a server that is gone was removed', { holder: spec.holderIdentity })
    }
  }
}

/** As upstream: half of the SHA-256 of the host's name and the component's, each after its length, in base 32. */
export function leaseName(hostname: string): string {
  const hash = createHash('sha256')
  for (const text of [hostname, 'kube-apiserver']) {
    const length = Buffer.byteLength(text)
    hash.update(Buffer.of(length >> 8, length & 0xff)).update(text)
  }
  const bits = [...hash.digest().subarray(0, 16)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const digits = bits.match(/.{1,5}/g) ?? []
  return `apiserver-${digits.map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')}`
}

/** RFC 4648, in lower case. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

function isExpired({ spec }: DeepReadonly<Lease>, nowMs: number): boolean {
  const { renewTime, leaseDurationSeconds, holderIdentity } = spec
  if (!renewTime || !leaseDurationSeconds || !holderIdentity) return true
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 < nowMs
}

function absentWhenNotFound(error: unknown): undefined {
  if (!hasReason(error, Reason.NotFound)) throw error
}

function unlessChanged(error: unknown): void {
  if (!hasReason(error, Reason.NotFound) && !hasReason(error, Reason.Conflict)) throw error
}
