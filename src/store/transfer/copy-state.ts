import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../store.ts'
import type { StateEntry, StateSource } from './state-source.ts'

export interface CopyOptions {
  readonly clock: Clock
  /** What of a value must be the same on both sides; the bytes, unless the backends write it differently. */
  readonly formOf?: (value: Uint8Array) => Uint8Array | string
  /** Told now and then how many entries are done. */
  readonly onProgress?: (step: 'copied' | 'verified', done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** The target has what the source has not: copying would mix two states. */
export class TargetNotEmpty extends Error {
  constructor(key: string) {
    super(`the target is not empty: it has ${key}`)
    this.name = 'TargetNotEmpty'
  }
}

/** The copy differs from the source. */
export class CopyDiffers extends Error {
  constructor(what: string) {
    super(`the copy differs from its source: ${what}`)
    this.name = 'CopyDiffers'
  }
}

/** Writes on their way at a time. */
const PARALLEL = 128
const PROGRESS_EVERY = 1_000

/**
 * Copies every entry into the store, then reads all of it back and compares key by key. Entries that are there already
 * with the same value are left, so that an interrupted copy goes on; anything else there is refused with TargetNotEmpty
 * before anything is written. What has expired meanwhile is not copied. Returns how many entries the copy has.
 */
export async function copyState(source: StateSource, target: Store, options: CopyOptions): Promise<number> {
  const there = await requireCopyable(source, target, options)
  const copied = await copyAll(source, target, there, options)
  const now = await entriesOf(target, options)
  compare(copied, now, options)
  return copied.size
}

/** Throws TargetNotEmpty unless all that the target has is a part of the source. Answers that part, as digests. */
export async function requireCopyable(
  source: StateSource,
  target: Store,
  options: CopyOptions,
): Promise<Map<string, string>> {
  const there = await entriesOf(target, options)
  if (there.size === 0) return there
  const foreign = new Set(there.keys())
  for await (const { key, value } of source.entries()) {
    if (there.get(key) === digestOf(value, options)) foreign.delete(key)
  }
  const [first] = foreign
  if (first !== undefined) throw new TargetNotEmpty(first)
  return there
}

interface Copied {
  readonly digest: string
  readonly expires: number
}

async function copyAll(
  source: StateSource,
  target: Store,
  there: ReadonlyMap<string, string>,
  options: CopyOptions,
): Promise<Map<string, Copied>> {
  const { clock, onProgress, signal } = options
  const copied = new Map<string, Copied>()
  const writes = new BoundedWrites()
  for await (const entry of source.entries()) {
    signal?.throwIfAborted()
    const { key, value, expires = 0 } = entry
    const ttlSeconds = expires ? Math.ceil((expires - clock.now()) / 1_000) : 0
    if (expires && ttlSeconds <= 0) continue
    const digest = digestOf(value, options)
    copied.set(key, { digest, expires })
    if (!there.has(key)) await writes.add(() => write(target, entry, ttlSeconds))
    if (copied.size % PROGRESS_EVERY === 0) onProgress?.('copied', copied.size, source.count)
  }
  await writes.done()
  onProgress?.('copied', copied.size, copied.size)
  return copied
}

async function write(target: Store, { key, value }: StateEntry, ttlSeconds: number): Promise<void> {
  await target.put(key, value, 0, ttlSeconds > 0 ? { ttlSeconds } : {})
}

/** Each key with the digest of its value. */
async function entriesOf(store: Store, options: CopyOptions): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  let startKey: string | undefined = ''
  let revision: number | undefined
  while (startKey !== undefined) {
    options.signal?.throwIfAborted()
    const page = await store.list('', { limit: 500, startKey, ...(revision !== undefined && { revision }) })
    revision = page.revision
    for (const { key, value } of page.entries) digests.set(key, digestOf(value, options))
    const last = page.entries.at(-1)
    startKey = page.remaining > 0 && last ? `${last.key}\0` : undefined
  }
  return digests
}

function compare(copied: Map<string, Copied>, there: Map<string, string>, { clock, onProgress }: CopyOptions): void {
  let verified = 0
  for (const [key, { digest, expires }] of copied) {
    const found = there.get(key)
    if (found === undefined && expires > 0 && expires <= clock.now() + 1_000) continue // its time is over
    if (found === undefined) throw new CopyDiffers(`${key} is missing`)
    if (found !== digest) throw new CopyDiffers(`the value of ${key} is another one`)
    verified++
  }
  if (there.size > verified) throw new CopyDiffers(`it has ${there.size - verified} more entries`)
  onProgress?.('verified', verified, copied.size)
}

function digestOf(value: Uint8Array, { formOf }: CopyOptions): string {
  return createHash('sha256')
    .update(formOf ? formOf(value) : value)
    .digest('base64')
}

/** Lets a bounded number of writes be on their way; the first that fails fails all. */
class BoundedWrites {
  readonly #running = new Set<Promise<void>>()
  #fault: { readonly error: unknown } | undefined

  async add(write: () => Promise<void>): Promise<void> {
    while (this.#running.size >= PARALLEL) await Promise.race(this.#running)
    if (this.#fault) throw this.#fault.error
    const running: Promise<void> = write()
      .catch((error: unknown) => {
        this.#fault ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async done(): Promise<void> {
    await Promise.all(this.#running)
    if (this.#fault) throw this.#fault.error
  }
}
