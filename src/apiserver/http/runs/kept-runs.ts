import { Generations } from '../../../base/generations.ts'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import type { Run } from './runs-of.ts'

interface KeptRun<V> {
  readonly run: Run
  readonly value: V
}

/** What was made of runs in one format, kept while it is asked for, up to a number of bytes. */
export class KeptRuns<V> {
  /** By the first object of the run. */
  readonly #kept: Generations<CachedObject, KeptRun<V>>

  constructor(maxBytes: number) {
    this.#kept = new Generations({ maxBytes })
  }

  get(run: Run): V | undefined {
    const kept = this.#kept.get(run[0] as CachedObject)
    return kept && isSame(kept.run, run) ? kept.value : undefined
  }

  /** `bytes`: of the value. A run keeps its objects alive, of which most have not been replaced: they count with an eighth. */
  set(run: Run, value: V, bytes: number): void {
    let objects = 0
    for (const { size } of run) objects += size
    this.#kept.set(run[0] as CachedObject, { run, value }, bytes + objects / 8)
  }
}

function isSame(left: Run, right: Run): boolean {
  if (left === right) return true
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}
