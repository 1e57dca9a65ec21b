import type { BareServer } from './bare-server.ts'
import type { Tally } from './closed-loop.ts'
import { Client, runClient } from './run-client.ts'
import type { LoopDelay, Server } from './server.ts'
import { ServerProcess } from './server-process.ts'
import type { Setting, Workload } from './workload.ts'

export interface Load {
  readonly connections: number
  readonly seconds: number
  readonly http2: boolean
  /** For the fan-out of events. */
  readonly watchers: number
  /** Connections on which the watched objects are updated. */
  readonly writers: number
}

/** What one round came to; from several rounds `combined` makes one. */
export interface Measurement extends Tally {
  /** Processor time of the server, all its threads, for one unit of work. */
  readonly cpuMicros: number | undefined
  readonly loop: LoopDelay | undefined
}

/** One round of a workload on one server. */
export async function measure(server: Server, workload: Workload, load: Load, round: string): Promise<Measurement> {
  const { target } = server
  const common = { target, connections: load.connections, http2: load.http2, setting: { ...server.setting, round } }
  if (workload.supply) await runClient({ kind: 'supply', count: workload.supply, ...common })
  const job = { kind: 'load', workload: workload.name, seconds: load.seconds, ...common } as const
  using client = await Client.start(job)
  const result = await observed(server, () => client.finish())
  if (workload.leavesObjects) await server.clear()
  return result
}

/** One round of requests that a bare server answers. */
export async function measureBare(
  { target, pid }: BareServer,
  workload: string,
  load: Load,
  setting: Setting,
): Promise<Measurement> {
  const server = new ServerProcess(pid)
  using client = await Client.start({ kind: 'load', workload, target, setting, ...load })
  const before = server.cpuMicros()
  const tally = await client.finish()
  return { ...tally, cpuMicros: (server.cpuMicros() - before) / tally.count, loop: undefined }
}

/** One round of events: watchers of one collection in one process, writers in another. The unit is an event received. */
export async function measureWatch(server: Server, load: Load, round: string): Promise<Measurement> {
  const { target } = server
  const common = { target, http2: load.http2, setting: { ...server.setting, round } }
  using watchers = await Client.start({ kind: 'watch', connections: load.watchers, ...common })
  using writers = await Client.start({
    kind: 'stamps',
    seconds: load.seconds,
    connections: load.writers,
    ...common,
  })
  return await observed(server, async () => {
    watchers.reset()
    await writers.finish()
    return watchers.finish()
  })
}

async function observed(server: Server, work: () => Promise<Tally>): Promise<Measurement> {
  await server.loopDelay()
  const before = server.process?.cpuMicros()
  const tally = await work()
  const after = server.process?.cpuMicros()
  const cpuMicros = before === undefined || after === undefined ? undefined : (after - before) / tally.count
  return { ...tally, cpuMicros, loop: await server.loopDelay() }
}

/** Rates over all rounds together; of latencies and delays the worst round's. */
export function combined(rounds: readonly Measurement[]): Measurement {
  const sum = (of: (round: Measurement) => number) => rounds.reduce((total, round) => total + of(round), 0)
  const worst = (of: (round: Measurement) => number) => Math.max(...rounds.map(of))
  const hasCpu = rounds.every(({ cpuMicros }) => cpuMicros !== undefined)
  const loops = rounds.flatMap(({ loop }) => loop ?? [])
  const count = sum((round) => round.count)
  const failures: Record<number, number> = {}
  for (const round of rounds) {
    for (const [status, times] of Object.entries(round.failures)) {
      failures[Number(status)] = (failures[Number(status)] ?? 0) + times
    }
  }
  return {
    count,
    seconds: sum((round) => round.seconds),
    bytes: sum((round) => round.bytes),
    medianMs: worst((round) => round.medianMs),
    p99Ms: worst((round) => round.p99Ms),
    failures,
    cpuMicros: hasCpu ? sum((round) => (round.cpuMicros as number) * round.count) / count : undefined,
    loop: loops.length === 0 ? undefined : worstOf(loops),
  }
}

const worstOf = (loops: readonly LoopDelay[]): LoopDelay => ({
  delayMs: Math.max(...loops.map(({ delayMs }) => delayMs)),
  collectionMs: Math.max(...loops.map(({ collectionMs }) => collectionMs)),
})
