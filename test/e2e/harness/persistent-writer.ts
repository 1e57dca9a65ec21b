import { setTimeout as delay } from 'node:timers/promises'
import { hasReason, Reason, StatusError } from '../../../src/api/status-error.ts'
import type { Client } from '../../../src/client/clientset.ts'

const RETRY_MS = 100
const GIVE_UP_MS = 60_000

/** A client that writes ConfigMaps one after the other and sends each again until it is acknowledged, as clients do. */
export class PersistentWriter {
  readonly #client: Client
  readonly #namespace: string
  /** In order. */
  readonly acknowledged: string[] = []
  /** How often it had to try again. */
  retries = 0

  constructor(client: Client, namespace: string) {
    this.#client = client
    this.#namespace = namespace
  }

  /** Writes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const name = `write-${String(this.acknowledged.length).padStart(6, '0')}`
      await this.#write(name)
      this.acknowledged.push(name)
    }
  }

  /** That it exists already means, after a lost answer, that the lost one said it was made. */
  async #write(name: string): Promise<void> {
    const { configMaps } = this.#client
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: this.#namespace },
      data: { name },
    }
    const deadline = performance.now() + GIVE_UP_MS
    for (let attempt = 0; ; attempt++) {
      try {
        await configMaps.create(object, { signal: AbortSignal.timeout(15_000) })
        return
      } catch (error) {
        if (attempt > 0 && hasReason(error, Reason.AlreadyExists)) return
        if (isFinal(error) || performance.now() > deadline) throw error
        this.retries++
        await delay(RETRY_MS)
      }
    }
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof StatusError && error.code >= 400 && error.code < 500 && error.code !== 429
