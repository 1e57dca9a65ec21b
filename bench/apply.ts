/**
 * What managed fields cost, and how many server-side applies and strategic merge patches a second there are.
 *
 *     tools/run bench/apply.ts [--rounds 15] [--millis 150] [--kubeconfig FILE] [--connections 32] [--seconds 5] [--pid N]
 *
 * First in this process: the handler over a store in memory, from the bytes of a request to the bytes of its answer, composed
 * once with field managers and once without. They take turns;
 * processor time is measured, and of each the fastest round counts: whatever else the machine does only adds.
 * With a kubeconfig, then also over TLS against that server; `--rounds 0` leaves the first part out.
 */
import { parseArgs } from 'node:util'
import { PatchCalls } from './apply-calls.ts'
import { targetOf } from './kubeconfig-target.ts'
import { measure, openSenders, type Send } from './load.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    millis: { type: 'string', default: '150' },
    kubeconfig: { type: 'string' },
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    pid: { type: 'string' },
  },
})

/** Runs `one` again and again for a time; microseconds of the processor each, whatever else the machine does. */
async function time(one: () => Promise<void>, millis: number): Promise<number> {
  const end = performance.now() + millis
  const before = process.cpuUsage()
  let count = 0
  while (performance.now() < end) {
    for (let index = 0; index < 20; index++) await one()
    count += 20
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

async function inProcess(): Promise<void> {
  const variants = {
    with: await PatchCalls.open({ tracked: true }),
    without: await PatchCalls.open({ tracked: false }),
  }
  for (const name of PatchCalls.names) {
    const found: Record<'with' | 'without', number[]> = { with: [], without: [] }
    for (let round = -1; round < Number(values.rounds); round++) {
      for (const [variant, calls] of Object.entries(variants)) {
        const one = calls.calls[name]
        if (!one) continue
        const micros = await time(one, Number(values.millis))
        if (round >= 0) found[variant as 'with' | 'without'].push(micros)
      }
    }
    const [tracked, plain] = [
      Math.min(...found.with),
      found.without.length > 0 ? Math.min(...found.without) : undefined,
    ]
    const rate = `${Math.round(1_000_000 / tracked)}/s on one core, ${tracked.toFixed(0)} µs each`
    const than =
      plain === undefined ? '' : `; without managed fields ${plain.toFixed(0)} µs, × ${(tracked / plain).toFixed(2)}`
    process.stdout.write(`${name}: ${rate}${than}\n`)
  }
  for (const calls of Object.values(variants)) await calls.close()
}

const APPLY = 'application/apply-patch+yaml'
const STRATEGIC = 'application/strategic-merge-patch+json'

async function overTls(kubeconfig: string): Promise<void> {
  const load = { connections: Number(values.connections), seconds: Number(values.seconds), http2: false }
  const senders = openSenders(targetOf(kubeconfig), load)
  const [first] = senders as [Send, ...Send[]]
  const namespace = `bench-${process.pid}`
  await first('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: namespace } }))
  const pid = values.pid === undefined ? undefined : Number(values.pid)
  const common = { senders, seconds: load.seconds, pid }
  const at = (index: number) => `/apis/apps/v1/namespaces/${namespace}/deployments/d-${index % 200}`
  const config = (index: number) => JSON.stringify(PatchCalls.deployment(`d-${index % 200}`, String(index)))
  for (let index = 0; index < 200; index++)
    await first('PATCH', `${at(index)}?fieldManager=bench`, config(index), APPLY)
  await measure({
    ...common,
    name: 'server-side applies of a Deployment that change it',
    one: (send, index) => send('PATCH', `${at(index)}?fieldManager=bench`, config(index), APPLY),
  })
  await measure({
    ...common,
    name: 'strategic merge patches of a Deployment',
    one: (send, index) => send('PATCH', at(index), JSON.stringify(PatchCalls.strategicPatch(String(index))), STRATEGIC),
  })
  await first('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments`)
  await first('DELETE', `/api/v1/namespaces/${namespace}`)
}

if (Number(values.rounds) > 0) await inProcess()
if (values.kubeconfig) await overTls(values.kubeconfig)
process.exit(0)
