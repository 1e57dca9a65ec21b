import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { CompactedError } from '../store.ts'
import type { EtcdStore } from './etcd-store.ts'

export interface ElectedCompactorDeps {
  readonly store: EtcdStore
  readonly clock: Clock
  readonly log: Logger
  /** Between two rounds; history is kept at least that long, at most twice. Upstream: --etcd-compaction-interval, 5 min. */
  readonly intervalMs?: number
}

const FIVE_MINUTES_MS = 5 * 60_000
/** Upstream's key for this (storage/etcd3/compact.go), below no prefix: servers of both kinds take turns. */
const KEY = Buffer.from('compact_rev_key')

/**
 * Compacts an etcd that several API servers share, once an interval: each tries to write the key under the version of it
 * that it knows, and who succeeds compacts to where the store was a round before. The others learn the version, and with it
 * that somebody compacts. A round without a write since the last one is skipped.
 */
export class ElectedCompactor implements Component {
  readonly name = 'store compactor'
  readonly #deps: ElectedCompactorDeps
  readonly #intervalMs: number
  /** Of the key, as far as this server knows. */
  #version = 0
  /** The store's revision at the last round; 0 before the first: nothing is known to be old enough. */
  #mark = 0

  constructor(deps: ElectedCompactorDeps) {
    this.#deps = deps
    this.#intervalMs = deps.intervalMs ?? FIVE_MINUTES_MS
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(this.#intervalMs, signal).catch(() => {}) // aborted: the loop ends
      if (signal.aborted) return
      try {
        await this.round()
      } catch (error) {
        log.warn('the store could not be compacted; the next round tries again', { error: (error as Error).message })
      }
    }
  }

  /** Rejects with StoreUnavailable when etcd does not answer. */
  async round(): Promise<void> {
    const { store } = this.#deps
    if (store.revision() <= this.#mark) return
    const { won, version, revision } = await this.#claim()
    const target = this.#mark
    this.#version = version
    this.#mark = revision
    if (won && target > 0) await store.compact(target).catch(unlessDone)
  }

  async #claim(): Promise<{ won: boolean; version: number; revision: number }> {
    const answer = await this.#deps.store.connection.write(
      'Txn',
      {
        compare: [{ result: 'EQUAL', target: 'VERSION', key: KEY, version: this.#version }],
        success: [{ requestPut: { key: KEY, value: Buffer.from(String(this.#mark)) } }],
        failure: [{ requestRange: { key: KEY } }],
      },
      'the compaction key',
    )
    const there = answer.responses?.[0]?.responseRange?.kvs?.[0]?.version ?? 0
    const won = answer.succeeded === true
    return { won, version: won ? this.#version + 1 : there, revision: answer.header?.revision ?? 0 }
  }
}

function unlessDone(error: unknown): void {
  if (!(error instanceof CompactedError)) throw error
}
