/**
 * The same work for any API server: rates, latencies, processor time, memory, and with two servers the ratio of one to the
 * other, measured in alternating rounds. The clients are processes of their own.
 *
 *     tools/run bench/load/index.ts --kubeconfig A [--against B] [--workload get,list,…] [--connections 32] [--seconds 3]
 *         [--warm-up 0] [--rounds 1] [--objects 3000] [--watchers 50] [--writers 16] [--http2] [--bare] [--pid N]
 *         [--against-pid N]
 *
 * `--warm-up` seconds of each workload come first and do not count: compilers in the servers, if there are any, have seen
 * the work then. `--writers` connections make the events that `--watchers` hear of. `--bare` adds, to what only reads, a Node.js TLS server that answers with as many bytes and does nothing
 * else. `--pid` and `--against-pid` name the servers' processes,
 * where those are on this machine, for their processor time and memory.
 */
import { flags } from '../../tools/flags.ts'
import { startBareServer } from './bare-server.ts'
import { combined, type Load, type Measurement, measure, measureBare, measureWatch } from './measurement.ts'
import { line, ratio } from './report.ts'
import { Server } from './server.ts'
import { workloads } from './workloads/index.ts'

const WATCH = 'watch'
const number = (text: string | undefined): number => Number(text)
const values = flags({
  command: 'tools/run bench/load/index.ts',
  does: 'The same work for any API server, or for two in turns: rates, latencies, processor time, memory.',
  options: {
    kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? '' },
    against: { type: 'string' },
    workload: { type: 'string' },
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '0' },
    rounds: { type: 'string', default: '1' },
    objects: { type: 'string', default: '3000' },
    watchers: { type: 'string', default: '50' },
    writers: { type: 'string', default: '16' },
    http2: { type: 'boolean', default: false },
    bare: { type: 'boolean', default: false },
    pid: { type: 'string' },
    'against-pid': { type: 'string' },
  },
  required: ['kubeconfig'],
})
const load: Load = {
  connections: number(values.connections),
  seconds: number(values.seconds),
  http2: values.http2,
  watchers: number(values.watchers),
  writers: number(values.writers),
}
const warmUp = number(values['warm-up'])
const say = (text: string): void => void process.stdout.write(`${text}\n`)

function wanted(): string[] {
  const known = [...workloads.map(({ name }) => name), WATCH]
  const names = values.workload?.split(',') ?? known
  const unknown = names.find((name) => !known.includes(name))
  if (unknown) throw new Error(`there is no workload ${unknown}; there are ${known.join(', ')}`)
  return known.filter((name) => names.includes(name))
}

function oneRound(server: Server, name: string, round: string, seconds = load.seconds): Promise<Measurement> {
  const workload = workloads.find((candidate) => candidate.name === name)
  const how = { ...load, seconds }
  return workload ? measure(server, workload, how, round) : measureWatch(server, how, round)
}

/** The servers take turns, and who begins alternates. */
async function compare(servers: readonly Server[], name: string): Promise<void> {
  const results = new Map<Server, Measurement[]>(servers.map((server) => [server, []]))
  if (warmUp > 0) for (const server of servers) await oneRound(server, name, `${name}-warm-up`, warmUp)
  const bare: Measurement[] = []
  for (let round = 0; round < number(values.rounds); round++) {
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
      results.get(server)?.push(await oneRound(server, name, `${name}-${round}`))
    }
    if (isBare(name)) bare.push(await bareRound(measured, name, results.get(measured)?.at(-1) as Measurement))
  }
  const [first, second] = servers.map((server) => combined(results.get(server) as Measurement[]))
  if (first) say(line(servers[0]?.name as string, name, first))
  if (first && second) say(`${line(servers[1]?.name as string, name, second)}\n${ratio(name, first, second)}`)
  if (first && bare.length > 0) say(`${line('bare', name, combined(bare))}\n${ratio(name, first, combined(bare))}`)
}

const isBare = (name: string): boolean =>
  values.bare && workloads.some((workload) => workload.name === name && workload.onlyReads)

async function bareRound({ setting }: Server, name: string, { bytes, count }: Measurement): Promise<Measurement> {
  using bare = await startBareServer(load.http2, Math.round(bytes / count))
  if (warmUp > 0) await measureBare(bare, name, { ...load, seconds: warmUp }, setting)
  return await measureBare(bare, name, load, setting)
}

function memory(servers: readonly Server[], when: string): void {
  for (const { name, process: server } of servers)
    if (server) say(`${name}: ${server.megabytes().toFixed(0)} MB ${when}`)
}

const open = (name: string, kubeconfig: string, pid: string | undefined): Promise<Server> =>
  Server.prepare({ name, kubeconfig, objects: number(values.objects), ...(pid !== undefined && { pid: number(pid) }) })

await using measured = await open('server', values.kubeconfig, values.pid)
await using other = values.against ? await open('against', values.against, values['against-pid']) : undefined
const servers = other ? [measured, other] : [measured]
memory(servers, 'before the load')
for (const name of wanted()) await compare(servers, name)
memory(servers, 'after the load')
