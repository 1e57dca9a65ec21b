import type { ApiObject } from '../../api/resource.ts'
import type { WriteFence } from '../../base/write-fence.ts'
import { FencedOff, RevisionMismatch, type Store } from '../../store/store.ts'
import { encodeStored } from '../watch-cache/stored-value.ts'

const TERMS = '/registry/navarch/terms/'

export interface ClaimOptions {
  readonly store: Store
  /** What is led: `kube-scheduler`. */
  readonly name: string
  readonly holder: string
  /** Whether the claimant leads still. */
  readonly mayClaim: () => boolean
}

/**
 * Begins a term in the store: writes under the fences of earlier ones fail from now on, also those that are on their way.
 * Throws FencedOff when the term is over before that.
 *
 * A claim is guarded by a revision that was read while the claimant led; so it cannot take the place of a later leader's.
 */
export async function claimTerm({ store, name, holder, mayClaim }: ClaimOptions): Promise<WriteFence> {
  const key = TERMS + name
  for (;;) {
    const { entry } = await store.get(key)
    if (!mayClaim()) throw new FencedOff(key)
    try {
      return { key, revision: await store.put(key, encodeStored(termOf(holder)), entry?.revision ?? 0) }
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error
    }
  }
}

const termOf = (holder: string): ApiObject =>
  ({ kind: 'Term', apiVersion: 'navarch/v1', metadata: {}, holder }) as ApiObject
