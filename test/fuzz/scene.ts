import type { ConfigMapList } from '../../src/api/types/core.v1.ts'
import type { Api } from '../e2e/harness/api.ts'
import { NAMESPACES } from './fuzz-request.ts'
import type { Known } from './queries.ts'

const CANARY = '/api/v1/namespaces/canary/configmaps/canary'
const SONG = { song: 'tweet' }
/** What controllers may make of fuzzed objects: pods and Jobs without end would be no fault of the server's. */
const HARD = { pods: '20', 'count/replicasets.apps': '40', 'count/jobs.batch': '40', services: '20' }

/** What a run needs to be there, and what it must not change. */
export class Scene {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Makes what is not there (any more), and gives what a client would have learned. */
  async set(): Promise<Known> {
    for (const name of [...NAMESPACES, 'canary']) {
      await this.#api.json('POST', '/api/v1/namespaces', { metadata: { name } })
    }
    for (const namespace of NAMESPACES) {
      const quota = { metadata: { name: 'quota' }, spec: { hard: HARD } }
      await this.#api.json('POST', `/api/v1/namespaces/${namespace}/resourcequotas`, quota)
    }
    await this.#api.json('POST', '/api/v1/namespaces/canary/configmaps', { metadata: { name: 'canary' }, data: SONG })
    const { object } = await this.#api.json<ConfigMapList>('GET', '/api/v1/configmaps?limit=1')
    return { revision: object.metadata?.resourceVersion ?? '1', continueToken: object.metadata?.continue ?? '' }
  }

  async faults(): Promise<string[]> {
    const faults: string[] = []
    const ready = await this.#api.send({ path: '/readyz?verbose' })
    if (ready.status !== 200) faults.push(`/readyz: ${ready.text}`)
    const canary = await this.#api.json<{ data?: unknown }>('GET', CANARY)
    if (JSON.stringify(canary.object.data) !== JSON.stringify(SONG)) faults.push('the canary does not sing')
    return faults
  }
}
