/**
 * What watches cost that hear of nothing: memory of the server for each.
 *
 *     tools/run bench/load/idle-watches.ts --kubeconfig A --pid N [--connections 100] [--watches 10000]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { flags } from '../../tools/flags.ts'
import { connectAll } from './connect.ts'
import { ServerProcess } from './server-process.ts'
import { targetOf } from './target.ts'

const values = flags({
  command: 'tools/run bench/load/idle-watches.ts',
  does: 'Memory of a server for watches that hear of nothing.',
  options: {
    kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? '' },
    pid: { type: 'string' },
    connections: { type: 'string', default: '100' },
    watches: { type: 'string', default: '10000' },
  },
  required: ['kubeconfig', 'pid'],
})
const server = new ServerProcess(Number(values.pid))
const [connections, watches] = [Number(values.connections), Number(values.watches)]
const target = await targetOf(values.kubeconfig)
const before = server.megabytes()
const open = await connectAll(target, connections, true)
const path = '/api/v1/namespaces/bench-idle/configmaps?watch=1&resourceVersion=0&allowWatchBookmarks=true'
for (let index = 0; index < watches; index += connections) {
  await Promise.all(open.map((connection) => connection.stream({ method: 'GET', path }, () => {})))
}
await delay(5_000) // what opening left behind goes
const after = server.megabytes()
const each = ((after - before) * 1024) / watches
const cpu = server.cpuMicros()
await delay(10_000)
const share = (server.cpuMicros() - cpu) / 100_000
process.stdout.write(
  `${watches} watches over ${connections} HTTP/2 connections: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB with ` +
    `them, ${each.toFixed(1)} KB each; ${share.toFixed(1)} % of a core\n`,
)
process.exit(0)
