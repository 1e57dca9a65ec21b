import { closedLoop, type Tally } from './closed-loop.ts'
import { connectAll } from './connect.ts'
import { configMap } from './objects.ts'
import type { Target } from './target.ts'
import { stamp, Watchers } from './watchers.ts'
import type { Requests, Setting } from './workload.ts'
import { workloads } from './workloads/index.ts'

/*
 * The other end of a measurement, in a process of its own: one job, then the end. `run-client.ts` starts it.
 */

export type Job =
  /** Requests in turn on every connection; the tally is the answer. */
  | ({ readonly kind: 'load'; readonly workload: string; readonly seconds: number } & Common)
  /** Objects `old-0`… for a workload that uses them up. */
  | ({ readonly kind: 'supply'; readonly count: number } & Common)
  /** The objects that every workload finds. */
  | ({ readonly kind: 'objects' } & Common)
  /** Writes whose time of sending watchers can read. */
  | ({ readonly kind: 'stamps'; readonly seconds: number } & Common)
  /** Watches until told to stop; says `ready` first. */
  | ({ readonly kind: 'watch' } & Common)

interface Common {
  readonly target: Target
  readonly connections: number
  readonly http2: boolean
  readonly setting: Setting
}

export type Reply = { readonly ready: true } | { readonly tally: Tally }

const reply = (message: Reply): void => void process.send?.(message)

process.once('message', async (job: Job) => {
  const connections = await connectAll(job.target, job.connections, job.http2)
  if (job.kind === 'watch') {
    const watchers = new Watchers()
    await watchers.open(connections, job.setting.maps)
    process.on('message', (word) => (word === 'reset' ? watchers.reset() : reply({ tally: watchers.tally() })))
    reply({ ready: true })
    return
  }
  reply({ ready: true })
  const { promise: begin, resolve } = Promise.withResolvers<void>()
  process.once('message', () => resolve())
  await begin
  reply({ tally: await closedLoop({ connections, ...secondsOf(job), open: () => requestsOf(job) }) })
  process.disconnect?.()
  process.exit(0)
})

const secondsOf = (job: Job): { seconds?: number } => ('seconds' in job ? { seconds: job.seconds } : {})

function requestsOf(job: Exclude<Job, { kind: 'watch' }>): Requests {
  const { maps, newMaps, objects, round } = job.setting
  switch (job.kind) {
    case 'load': {
      const workload = workloads.find(({ name }) => name === job.workload)
      if (!workload) throw new Error(`there is no workload ${job.workload}`)
      return workload.open(job.setting)
    }
    case 'supply':
      return made(newMaps, job.count, (index) => configMap(`old-${round}-${index}`, index))
    case 'objects':
      return made(maps, objects, (index) => configMap(`map-${index}`, index))
    case 'stamps':
      return (index) => {
        const name = `map-${index % objects}`
        return { method: 'PUT', path: `${maps}/${name}`, body: configMap(name, index % objects, { sent: stamp() }) }
      }
  }
}

const made =
  (path: string, count: number, body: (index: number) => string): Requests =>
  (index) =>
    index < count ? { method: 'POST', path, body: body(index) } : undefined
