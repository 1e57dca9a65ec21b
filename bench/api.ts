/**
 * How many requests a second an API server takes: creates and gets of 1 KB ConfigMaps over TLS.
 *
 *     tools/run bench/api.ts --kubeconfig FILE [--connections 32] [--seconds 5] [--http2] [--bare] [--pid N]
 *
 * With `--bare`, first a Node.js TLS server that only answers (bench/bare-tls.ts), and then how the others compare to it.
 * With `--pid` of the server's process, if that is on this machine, also its processor time for a request.
 */
import { parseArgs } from 'node:util'
import { measureBareServer } from './bare-tls.ts'
import { targetOf } from './kubeconfig-target.ts'
import { measure, openSenders, type Rate, type Send } from './load.ts'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? '' },
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    http2: { type: 'boolean', default: false },
    bare: { type: 'boolean', default: false },
    pid: { type: 'string' },
  },
})
if (!values.kubeconfig) throw new Error('name a --kubeconfig')
const load = { connections: Number(values.connections), seconds: Number(values.seconds), http2: values.http2 }
const pid = values.pid === undefined ? undefined : Number(values.pid)
const padding = 'x'.repeat(800)

async function measureApi(): Promise<Record<'creates' | 'gets', Rate>> {
  const senders = openSenders(targetOf(values.kubeconfig), load)
  const [first] = senders as [Send, ...Send[]]
  const namespace = `bench-${process.pid}`
  const metadata = (name: string) => ({ metadata: { name } })
  await first('POST', '/api/v1/namespaces', JSON.stringify(metadata(namespace)))
  const maps = `/api/v1/namespaces/${namespace}/configmaps`
  const body = (index: number) => JSON.stringify({ ...metadata(`map-${index}`), data: { padding } })
  const common = { senders, seconds: load.seconds, pid }
  const creates = await measure({
    ...common,
    name: 'creates',
    one: (send, index) => send('POST', maps, body(index)),
  })
  const gets = await measure({
    ...common,
    name: 'gets',
    one: (send, index) => send('GET', `${maps}/map-${index % 1000}`),
  })
  await first('DELETE', maps)
  await first('DELETE', `/api/v1/namespaces/${namespace}`)
  return { creates, gets }
}

const share = (part: number, whole: number): string => (part / whole).toFixed(2)

const bare = values.bare ? await measureBareServer(load) : undefined
const rates = await measureApi()
for (const [name, { perSecond, cpuMicros }] of bare ? Object.entries(rates) : []) {
  const { perSecond: most, cpuMicros: least } = bare as Rate
  const cpu = cpuMicros && least ? `, processor time × ${share(cpuMicros, least)}` : ''
  process.stdout.write(`${name}, of the bare server: rate × ${share(perSecond, most)}${cpu}\n`)
}
process.exit(0)
