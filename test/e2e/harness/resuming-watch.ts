import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '../../../src/client/clientset.ts'

/** A watch of ConfigMaps that goes on from the last revision it saw whenever it breaks. It never lists again. */
export class ResumingWatch {
  readonly #client: Client
  readonly #namespace: string
  #revision: string
  /** Names in the order of their events. */
  readonly added: string[] = []
  resumed = 0

  constructor(client: Client, namespace: string, revision: string) {
    this.#client = client
    this.#namespace = namespace
    this.#revision = revision
  }

  /** Rejects when the server has forgotten where the watch was. */
  async run(signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; this.resumed++) {
      try {
        const from = { namespace: this.#namespace, resourceVersion: this.#revision, allowWatchBookmarks: true }
        for await (const { type, object } of this.#client.configMaps.watch(from, signal)) {
          this.#revision = object.metadata.resourceVersion
          if (type === 'ADDED') this.added.push(object.metadata.name)
        }
      } catch (error) {
        if ((error as { code?: number }).code === 410) throw error
      }
      await delay(100)
    }
  }
}
