/**
 * Sends a server of its own requests that no client should send: `npm run fuzz -- --requests 200000 --seed 1`.
 * `--first N --requests 1` repeats a single one, `--kubeconfig FILE` takes a server that runs.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { flags } from '../../tools/flags.ts'
import { TestCluster } from '../e2e/harness/cluster.ts'
import { freePort } from '../e2e/harness/free-port.ts'
import { type Fault, type FuzzOptions, type FuzzReport, fuzz } from './fuzz.ts'
import { faultText, progressText, reportText } from './report-text.ts'
import { inspectable, ServerHeap } from './server-heap.ts'

const values = flags({
  command: 'npm run fuzz --',
  does: 'Sends a server, one of its own unless told another, requests that no client should send.',
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    requests: { type: 'string', default: '200000' },
    first: { type: 'string', default: '0' },
    parallel: { type: 'string', default: '48' },
    port: { type: 'string' },
    kubeconfig: { type: 'string' },
  },
})

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

const isTerminal = process.stderr.isTTY
let lastShown = 0

function show(report: FuzzReport): void {
  if (!isTerminal && performance.now() - lastShown < 15_000) return
  lastShown = performance.now()
  process.stderr.write(
    `${isTerminal ? '\r\u001b[K' : ''}${progressText(report, Number(values.requests))}${isTerminal ? '' : '\n'}`,
  )
}

const [seed, requests, first, parallel] = [values.seed, values.requests, values.first, values.parallel].map(Number) as [
  number,
  number,
  number,
  number,
]
process.stdout.write(`seed ${seed}, requests ${first} to ${first + requests - 1}\n`)

function run(kubeconfig: string, how: Partial<FuzzOptions> = {}): Promise<FuzzReport> {
  return fuzz({ kubeconfig, seed, requests, first, parallel, signal: stop.signal, progress: show, ...how })
}

/** In the log: requests that failed, and parts that stumbled over an object as if they had not been written for it. */
const BROKEN = /a request (failed|broke down)|nhandled|Cannot read propert|is not (iterable|a function)|TypeError/
/** Sent last, and not deleted again: the server starts anew on what these have left. */
const LEFT_BEHIND = 2_000

async function onOwnServer(): Promise<FuzzReport> {
  const port = values.port === undefined ? await freePort() : Number(values.port)
  await using cluster = new TestCluster(port, { node: false, args: ['--runtime-config', 'api/all=true'] })
  const inspectorPort = await freePort()
  process.env.NODE_OPTIONS = inspectable(inspectorPort)
  await cluster.start()
  using heap = await ServerHeap.open((await cluster.status()).pid, inspectorPort)
  const report = await run(cluster.kubeconfig, { heap })
  const more = stop.signal.aborted ? [] : await faultsOfRestart(cluster)
  const log = readFileSync(join(cluster.dataDir, 'navarch.log'), 'utf8')
  const broken = [...new Set(log.split('\n').filter((line) => BROKEN.test(line)))]
  return { ...report, faults: [...report.faults, ...more, ...broken.map((what) => ({ what }))] }
}

/** Whether a server comes back with whatever clients have written. */
async function faultsOfRestart(cluster: TestCluster): Promise<readonly Fault[]> {
  const { faults } = await run(cluster.kubeconfig, { first: first + requests, requests: LEFT_BEHIND })
  const down = await cluster.navarch('down')
  const up = await cluster.up()
  try {
    const again = await run(cluster.kubeconfig, { first: first + requests + LEFT_BEHIND, requests: 1 })
    return [...faults, ...again.faults]
  } catch (error) {
    const said = [down, up].map(({ stdout, stderr }) => stdout + stderr).join('')
    return [...faults, { what: `the server does not come back: ${(error as Error).message}\n${said}` }]
  }
}

const report = values.kubeconfig === undefined ? await onOwnServer() : await run(values.kubeconfig)
if (isTerminal) process.stderr.write('\n')
process.stdout.write(`${report.faults.slice(0, 40).map(faultText).join('\n\n')}\n${reportText(report)}\n`)
process.exitCode = stop.signal.aborted ? 130 : report.faults.length > 0 ? 1 : 0
