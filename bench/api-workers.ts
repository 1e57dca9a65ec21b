/**
 * What another thread that serves the API brings (`--api-workers`), on a machine without a core to spare for the client: each
 * thread of the servers gets a share of a core for itself, so that they are as slow as threads of a slower machine, and the
 * client has what is left. Root, and cgroup v1's processor controller, which knows threads.
 *
 *     tools/run bench/api-workers.ts [--workers 1] [--percent 35] [--workload get,list-selector,watch] [--rounds 4] [--writers 32]
 *         [--watchers 50] [--port 17960]
 *
 * The kernel draws lots for the connections of each round: a few rounds more say more than longer ones, and what each thread has
 * taken by the end says how well they were shared. Where other work runs too, with `--percent 10` the share is still what limits.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { flags } from '../tools/flags.ts'

const values = flags({
  command: 'tools/run bench/api-workers.ts',
  does: 'What another thread that serves the API brings, each thread with a share of a core for itself. Needs root and cgroup v1.',
  options: {
    workers: { type: 'string', default: '1' },
    percent: { type: 'string', default: '35' },
    workload: { type: 'string', default: 'get,list-selector,watch' },
    rounds: { type: 'string', default: '4' },
    writers: { type: 'string', default: '32' },
    watchers: { type: 'string', default: '50' },
    port: { type: 'string', default: '17960' },
  },
})
const PERIOD_US = 10_000
const CONTROLLER = '/sys/fs/cgroup/cpu'
if (!existsSync(`${CONTROLLER}/cpu.cfs_quota_us`)) {
  throw new Error(
    `there is no processor controller of cgroup v1 at ${CONTROLLER}: threads cannot be limited one by one`,
  )
}
const program = new URL('../navarch', import.meta.url).pathname
const load = new URL('load/index.ts', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'navarch-bench-'))
const groups: string[] = []

interface Started {
  readonly at: readonly string[]
  readonly kubeconfig: string
  readonly pid: number
}

function start(name: string, port: number, workers: string): Started {
  const data = join(directory, name)
  const at = ['--data-dir', data]
  execFileSync(program, ['up', '-d', '--no-node', '--port', String(port), '--api-workers', workers, ...at])
  const { pid } = JSON.parse(execFileSync(program, ['status', '-o', 'json', ...at], { encoding: 'utf8' }))
  return { at, pid, kubeconfig: join(data, 'admin.kubeconfig') }
}

/** Each thread in a group of its own. */
function limit({ pid }: Started): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const group = `${CONTROLLER}/navarch-bench-${thread}`
    mkdirSync(group)
    groups.push(group)
    writeFileSync(`${group}/cpu.cfs_period_us`, String(PERIOD_US))
    writeFileSync(`${group}/cpu.cfs_quota_us`, String((PERIOD_US * Number(values.percent)) / 100))
    writeFileSync(`${group}/tasks`, thread)
  }
}

/** Of each thread that runs JavaScript, by its name and number: the main thread, the store's, and those of the workers. */
function processorMillis({ pid }: Started): Map<string, number> {
  const millis = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim()
    const nanos = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    if (/^(Main|Worker)Thread$/.test(name)) millis.set(`${name} ${thread}`, nanos / 1_000_000)
  }
  return millis
}

function taken(server: Started, before: ReadonlyMap<string, number>): string {
  const threads = [...processorMillis(server)].map(
    ([name, millis]) => `${name} ${((millis - (before.get(name) ?? 0)) / 1_000).toFixed(2)} s`,
  )
  return `processor time with preparation: ${threads.join(', ')}`
}

/** A group can be removed when its thread has gone. */
async function removeAll(): Promise<void> {
  for (let look = 0; look < 100 && groups.some((group) => readFileSync(`${group}/tasks`, 'utf8') !== ''); look++)
    await delay(50)
  for (const group of groups) rmdirSync(group)
}

const servers: Started[] = []
try {
  const port = Number(values.port)
  servers.push(start('more', port, values.workers), start('one', port + 1, '0'))
  await delay(2_000) // the threads have opened their ports
  for (const server of servers) limit(server)
  const [more, one] = servers as [Started, Started]
  const { rounds, writers, watchers } = values
  const args = ['--rounds', rounds, '--writers', writers, '--watchers', watchers, '--seconds', '2', '--warm-up', '3']
  const pids = ['--pid', String(more.pid), '--against-pid', String(one.pid)]
  const both = ['--kubeconfig', more.kubeconfig, '--against', one.kubeconfig]
  for (const workload of values.workload.split(',')) {
    const before = [processorMillis(more), processorMillis(one)] as const
    spawnSync(process.execPath, [load, ...both, ...pids, ...args, '--workload', workload], { stdio: 'inherit' })
    process.stdout.write(`server: ${taken(more, before[0])}\nagainst: ${taken(one, before[1])}\n`)
  }
} finally {
  for (const { at } of servers) execFileSync(program, ['down', ...at], { stdio: 'ignore' })
  await removeAll()
  rmSync(directory, { recursive: true })
}
